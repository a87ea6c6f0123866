#include <unroll/training/token_store.hpp>

namespace unroll {

int width_of_ids(std::int64_t vocabulary) noexcept {
  return vocabulary <= 0x100 ? 1 : vocabulary <= 0x10000 ? 2 : 4;
}

TokenStore TokenStore::of(const std::vector<TokenText>& texts) {
  auto joined = std::make_shared<TokenText>();
  std::vector<std::int64_t> ends;
  for (const TokenText& text : texts) {
    joined->insert(joined->end(), text.begin(), text.end());
    ends.push_back(std::ssize(*joined));
  }
  const TokenSpan ids(*joined);
  return {std::move(joined), ids, std::move(ends)};
}

}  // namespace unroll

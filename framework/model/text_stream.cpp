#include <algorithm>

#include <unroll/model/text_stream.hpp>

namespace unroll {

std::string TextStream::add(std::span<const TokenId> tokens) {
  constexpr std::ptrdiff_t kRemembered = 16;
  ids_.insert(ids_.end(), tokens.begin(), tokens.end());
  std::string longer = tokenizer_.decode(ids_, vocabulary_);
  std::string added = longer.substr(std::min(text_.size(), longer.size()));
  text_ = std::move(longer);
  if (std::ssize(ids_) > 2 * kRemembered) {
    ids_.erase(ids_.begin(), ids_.end() - kRemembered);
    text_ = tokenizer_.decode(ids_, vocabulary_);
  }
  return added;
}

void TextStream::clear() {
  ids_.clear();
  text_.clear();
}

}  // namespace unroll

#include <gmock/gmock.h>

#include <map>
#include <string>

#include <unroll/core/random.hpp>
#include <unroll/model/token_counts.hpp>

namespace unroll {
namespace {

std::map<std::string, std::int64_t> as_map(const TokenCounts& counts) {
  std::map<std::string, std::int64_t> all;
  for (const TokenCounts::Entry& entry : counts.entries())
    EXPECT_TRUE(all.emplace(entry.token, entry.count).second) << entry.token;
  return all;
}

TEST(TokenCounts, CountsWhatItWasGiven) {
  std::map<std::string, std::int64_t> wanted;
  std::vector<TokenCounts> shares(3);
  RandomStream random(1, "tokens");
  for (int i = 0; i < 30000; ++i) {
    std::string token = std::to_string(random.below(5000));
    if (i % 1000 == 0) token += std::string(100000, 'x');  // longer than a block
    ++wanted[token];
    shares[random.below(3)].add(token);
    token.assign(token.size(), '?');  // nothing of it may be needed any more
  }
  wanted[""] += 7;
  shares[1].add("", 7);
  EXPECT_EQ(as_map(sum_of(std::move(shares))), wanted);
}

TEST(TokenCounts, CopiesHaveTheirOwnTokens) {
  TokenCounts copy;
  {
    TokenCounts counts;
    counts.add("one", 2);
    copy = counts;
    counts.add("one");
  }
  EXPECT_EQ(as_map(copy), (std::map<std::string, std::int64_t>{{"one", 2}}));
  EXPECT_TRUE(sum_of({}).entries().empty());
}

}  // namespace
}  // namespace unroll

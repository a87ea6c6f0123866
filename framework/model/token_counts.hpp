// TokenCounts: how often each token occurs, for millions of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace unroll {

/// A table of what has been seen, in the order of first sight. Tokens are copied once, when they
/// are new.
class TokenCounts {
 public:
  struct Entry {
    std::string_view token;  ///< valid as long as the table
    std::int64_t count;
    std::size_t hash;
  };

  TokenCounts() = default;
  TokenCounts(const TokenCounts& other);
  TokenCounts(TokenCounts&&) noexcept = default;
  TokenCounts& operator=(TokenCounts other) noexcept;
  ~TokenCounts() = default;

  void add(std::string_view token, std::int64_t count = 1);
  void add(const TokenCounts& others);
  const std::vector<Entry>& entries() const noexcept { return entries_; }

 private:
  std::string_view keep(std::string_view token);
  void grow();

  std::vector<std::uint32_t> slots_;  ///< place in entries_ + 1; 0: free. A power of two of them.
  std::vector<Entry> entries_;
  std::vector<std::unique_ptr<char[]>> blocks_;  ///< what the tokens are kept in
  std::size_t left_ = 0;                         ///< bytes, at the end of the last block
  std::size_t block_ = 0;                        ///< bytes of the last block
};

/// All shares in one, which is the first.
TokenCounts sum_of(std::vector<TokenCounts> shares);

}  // namespace unroll

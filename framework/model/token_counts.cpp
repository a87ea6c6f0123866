#include <unroll/model/token_counts.hpp>

#include <algorithm>
#include <functional>
#include <utility>

namespace unroll {

TokenCounts::TokenCounts(const TokenCounts& other) {
  add(other);
}

TokenCounts& TokenCounts::operator=(TokenCounts other) noexcept {
  slots_.swap(other.slots_);
  entries_.swap(other.entries_);
  blocks_.swap(other.blocks_);
  std::swap(left_, other.left_);
  std::swap(block_, other.block_);
  return *this;
}

void TokenCounts::add(std::string_view token, std::int64_t count) {
  if (2 * (entries_.size() + 1) > slots_.size()) grow();
  const std::size_t hash = std::hash<std::string_view>()(token);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = hash & mask;; slot = (slot + 1) & mask) {
    if (slots_[slot] == 0) {
      entries_.push_back({keep(token), count, hash});
      slots_[slot] = static_cast<std::uint32_t>(entries_.size());
      return;
    }
    Entry& entry = entries_[slots_[slot] - 1];
    if (entry.hash == hash && entry.token == token) {
      entry.count += count;
      return;
    }
  }
}

void TokenCounts::add(const TokenCounts& others) {
  for (const Entry& entry : others.entries_) add(entry.token, entry.count);
}

std::string_view TokenCounts::keep(std::string_view token) {
  constexpr std::size_t kBlock = std::size_t{1} << 16;
  if (token.size() > left_ || blocks_.empty()) {
    block_ = left_ = std::max(kBlock, token.size());
    blocks_.push_back(std::make_unique<char[]>(block_));
  }
  char* kept = blocks_.back().get() + (block_ - left_);
  std::copy(token.begin(), token.end(), kept);
  left_ -= token.size();
  return {kept, token.size()};
}

void TokenCounts::grow() {
  slots_.assign(std::max<std::size_t>(2 * slots_.size(), 1024), 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    std::size_t slot = entries_[i].hash & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = static_cast<std::uint32_t>(i + 1);
  }
}

TokenCounts sum_of(std::vector<TokenCounts> shares) {
  TokenCounts all;
  for (TokenCounts& share : shares) {
    if (all.entries().empty())
      all = std::move(share);
    else
      all.add(share);
  }
  return all;
}

}  // namespace unroll

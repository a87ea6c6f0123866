// NgramTable: how often each token followed each context of one length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace unroll {

class NgramTable {
 public:
  /// A context and the next token as one number in base V, the next token last. Sorted keys of one
  /// context therefore stand together.
  using Key = std::int64_t;

  void add(Key key) { added_.push_back(key); }
  /// Sorts in what was added: what follows tells of it only then.
  void settle();
  /// Replaces everything; the keys are sorted and differ.
  void set(std::vector<Key> keys, std::vector<std::int64_t> counts);

  const std::vector<Key>& keys() const noexcept { return keys_; }
  const std::vector<std::int64_t>& counts() const noexcept { return counts_; }  ///< of each key

  /// Where among keys() and counts() the followers of a context stand; empty if it never occurred.
  struct Range {
    std::size_t begin = 0, end = 0;
  };
  Range followers(Key context, std::int64_t vocabulary) const;

 private:
  std::vector<Key> added_, keys_;
  std::vector<std::int64_t> counts_;
};

}  // namespace unroll

#include <unroll/model/ngram_table.hpp>

#include <algorithm>
#include <utility>

namespace unroll {

void NgramTable::settle() {
  if (added_.empty()) return;
  std::sort(added_.begin(), added_.end());
  std::vector<Key> keys;
  std::vector<std::int64_t> counts;
  const auto append = [&](Key key, std::int64_t count) {
    if (!keys.empty() && keys.back() == key) {
      counts.back() += count;
    } else {
      keys.push_back(key);
      counts.push_back(count);
    }
  };
  std::size_t old = 0;
  for (const Key key : added_) {
    for (; old < keys_.size() && keys_[old] <= key; ++old) append(keys_[old], counts_[old]);
    append(key, 1);
  }
  for (; old < keys_.size(); ++old) append(keys_[old], counts_[old]);
  set(std::move(keys), std::move(counts));
}

void NgramTable::set(std::vector<Key> keys, std::vector<std::int64_t> counts) {
  added_ = {};
  keys_ = std::move(keys);
  counts_ = std::move(counts);
}

NgramTable::Range NgramTable::followers(Key context, std::int64_t vocabulary) const {
  const Key first = context * vocabulary;
  const auto begin = std::lower_bound(keys_.begin(), keys_.end(), first);
  const auto end = std::lower_bound(begin, keys_.end(), first + vocabulary);
  return {static_cast<std::size_t>(begin - keys_.begin()),
          static_cast<std::size_t>(end - keys_.begin())};
}

}  // namespace unroll

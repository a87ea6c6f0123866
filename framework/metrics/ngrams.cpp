#include <unroll/metrics/ngrams.hpp>

#include <algorithm>
#include <iterator>

namespace unroll::metrics {
namespace {

bool before(std::span<const Symbol> a, std::span<const Symbol> b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
}

void append(Ngrams& all, std::span<const Symbol> text, std::size_t n) {
  for (std::size_t i = 0; n > 0 && i + n <= text.size(); ++i) all.push_back(text.subspan(i, n));
}

Ngrams sorted(Ngrams all) {
  std::sort(all.begin(), all.end(), before);
  return all;
}

}  // namespace

Ngrams ngrams(std::span<const Symbol> text, std::size_t n) {
  Ngrams all;
  append(all, text, n);
  return sorted(std::move(all));
}

Ngrams ngrams(std::span<const Symbols> texts, std::size_t n) {
  Ngrams all;
  for (const Symbols& text : texts) append(all, text, n);
  return sorted(std::move(all));
}

std::int64_t distinct(const Ngrams& ngrams) {
  std::int64_t count = 0;
  for (std::size_t i = 0; i < ngrams.size(); ++i)
    count += i == 0 || before(ngrams[i - 1], ngrams[i]) ? 1 : 0;
  return count;
}

std::int64_t common(const Ngrams& a, const Ngrams& b) {
  std::int64_t count = 0;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (before(a[i], b[j])) {
      ++i;
    } else if (before(b[j], a[i])) {
      ++j;
    } else {
      ++count, ++i, ++j;
    }
  }
  return count;
}

Ngrams united(const Ngrams& a, const Ngrams& b) {
  Ngrams both;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both), before);
  return both;
}

}  // namespace unroll::metrics

#include <unroll/metrics/known_words.hpp>

#include <cstdint>

#include <unroll/core/unicode.hpp>
#include <unroll/core/words.hpp>

namespace unroll::metrics {

void KnownWords::add(std::string_view text) {
  const std::string folded = fold_case(text);
  for_each_segment(folded, Segment::word, [&](std::string_view word) {
    if (is_word(word) && words_.find(word) == words_.end()) words_.emplace(word);
  });
}

void KnownWords::add(KnownWords others) {
  if (others.words_.size() > words_.size()) words_.swap(others.words_);
  words_.merge(others.words_);
}

std::optional<double> KnownWords::share(std::string_view text) const {
  const std::string folded = fold_case(text);
  std::int64_t all = 0, known = 0;
  for_each_segment(folded, Segment::word, [&](std::string_view word) {
    const bool first = word.data() == folded.data();
    const bool last = word.data() + word.size() == folded.data() + folded.size();
    if (first || last || !is_word(word)) return;
    ++all;
    known += words_.find(word) != words_.end() ? 1 : 0;
  });
  if (all == 0) return std::nullopt;
  return static_cast<double>(known) / static_cast<double>(all);
}

}  // namespace unroll::metrics

#include <unroll/metrics/text_figures.hpp>

#include <unroll/metrics/diversity.hpp>

namespace unroll::metrics {

TextFigures text_figures(std::string_view text) {
  const Symbols numbers = WordNumbers()(words(text));
  return {distinct_n(numbers, 1), distinct_n(numbers, 2), repetition(numbers, 4),
          find_cycle(characters(text))};
}

}  // namespace unroll::metrics

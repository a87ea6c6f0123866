// How much of each run a report has room for. Each part of it has a budget for all runs together
// that up to fifty of them share, so that a page's size has a bound whatever the runs are: below
// 5 MB packed, as docs/report.md says. From fifty on, runs keep what one of fifty has.
#pragma once

#include <algorithm>
#include <cstddef>

namespace unroll::cli {

struct ReportRoom {
  std::size_t points;             ///< of curves, all columns together
  std::size_t sample_bytes;       ///< of texts that samplers wrote
  std::size_t histogram_values;   ///< numbers
  std::size_t recurrence_values;  ///< numbers
  std::size_t reading_values;     ///< numbers

  explicit ReportRoom(std::size_t runs) {
    const std::size_t shares = std::clamp<std::size_t>(runs, 1, 50);
    points = 80'000 / shares;
    sample_bytes = 1'000'000 / shares;
    histogram_values = 400'000 / shares;
    recurrence_values = 160'000 / shares;
    reading_values = 420'000 / shares;
  }
};

inline constexpr std::size_t kFewestPoints = 40, kMostPoints = 1500;       ///< of a curve
inline constexpr std::size_t kMostHistogramRows = 40;                      ///< steps
inline constexpr std::size_t kMostRecurrenceRows = 24;                     ///< steps
inline constexpr std::size_t kFewestTokens = 50, kMostTokens = 4000;       ///< of a text read
inline constexpr std::size_t kLongestText = 4000, kLongestConfig = 16000;  ///< bytes
inline constexpr std::size_t kMostRecords = 50;                            ///< data files, plugins
inline constexpr std::size_t kMostClasses = 60;  ///< of a confusion matrix

}  // namespace unroll::cli

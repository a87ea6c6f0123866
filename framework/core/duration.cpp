#include <unroll/core/duration.hpp>

#include <charconv>

#include <unroll/core/error.hpp>

namespace unroll {
namespace {

constexpr double kLongest = 1000.0 * 24 * 3600;

double seconds_in(char unit) {
  switch (unit) {
    case 'd':
      return 24 * 3600;
    case 'h':
      return 3600;
    case 'm':
      return 60;
    case 's':
      return 1;
    default:
      return 0;
  }
}

}  // namespace

double parse_duration(std::string_view text) {
  const auto refuse = [text]() {
    fail(Failure::usage, "'{}' is no duration; write seconds, or 90s, 10m, 2h30m, 1d", text);
  };
  double total = 0, last = 2 * seconds_in('d');
  std::string_view rest = text;
  while (!rest.empty()) {
    double number = 0;
    const auto [end, problem] =
        std::from_chars(rest.data(), rest.data() + rest.size(), number, std::chars_format::fixed);
    if (problem != std::errc() || !(number >= 0 && number <= 10 * kLongest)) refuse();
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const bool bare = rest.empty();
    const double unit = bare && total == 0 ? 1 : bare ? 0 : seconds_in(rest.front());
    if (unit <= 0 || unit >= last) refuse();
    if (!bare) rest.remove_prefix(1);
    total += number * unit;
    last = unit;
  }
  if (!(total > 0)) refuse();
  if (total > kLongest) fail(Failure::usage, "'{}' is longer than 1000 days", text);
  return total;
}

}  // namespace unroll

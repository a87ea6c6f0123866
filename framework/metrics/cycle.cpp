#include <unroll/metrics/cycle.hpp>

#include <algorithm>

namespace unroll::metrics {
namespace {

/// z[i] is how many symbols from i on equal those from 0 on (Gusfield 1997, "Algorithms on Strings,
/// Trees, and Sequences", section 1.3).
std::vector<std::size_t> z_function(std::span<const Symbol> text) {
  std::vector<std::size_t> z(text.size());
  // text[left, right) equals the beginning, and no such stretch known ends further right.
  for (std::size_t i = 1, left = 0, right = 0; i < text.size(); ++i) {
    if (i < right) z[i] = std::min(right - i, z[i - left]);
    while (i + z[i] < text.size() && text[z[i]] == text[i + z[i]]) ++z[i];
    if (i + z[i] > right) {
      left = i;
      right = i + z[i];
    }
  }
  return z;
}

}  // namespace

std::optional<Cycle> find_cycle(std::span<const Symbol> text, std::int64_t least) {
  // Seen from its end, a text with period p begins with p symbols that are followed by themselves.
  const std::vector<std::size_t> repeated = z_function(Symbols(text.rbegin(), text.rend()));
  std::optional<Cycle> best;
  for (std::size_t period = 1; period < repeated.size(); ++period) {
    if (repeated[period] < std::max(period, static_cast<std::size_t>(least))) continue;
    const auto begin = static_cast<std::int64_t>(text.size() - period - repeated[period]);
    if (!best || begin < best->begin) best = Cycle{begin, static_cast<std::int64_t>(period)};
  }
  return best;
}

}  // namespace unroll::metrics

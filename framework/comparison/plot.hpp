// Curves in a terminal, of braille dots, told apart by letters along them.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace unroll::comparison {

struct Curve {
  std::string name;
  std::vector<std::pair<double, double>>
      points;  ///< by rising x; values that are not finite are gaps
};

struct PlotOptions {
  std::size_t width = 80;     ///< columns, axis and its numbers included; at least 30
  std::size_t height = 18;    ///< lines without the axis of x; at least 4
  std::string x = "step", y;  ///< what the axes count
  /// Puts a curve's drawing into its colour (0, 1, …); may be absent.
  std::string (*paint)(std::size_t curve, std::string_view text) = nullptr;
};

/// Curves with both axes, then a line a curve that says which letter is which: a, b, …, z, A, …, Z;
/// curves beyond these 52 are drawn without. Empty where no curve has a point.
std::string plot(const std::vector<Curve>& curves, const PlotOptions& options);

}  // namespace unroll::comparison

#include <unroll/comparison/plot.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include <unroll/core/display.hpp>

namespace unroll::comparison {
namespace {

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::size_t kAxis = 10;         ///< columns of the numbers of y and the line beside them
constexpr std::size_t kLetterEvery = 12;  ///< columns from one letter of a curve to its next

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void take(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  void widen() {
    if (high > low) return;
    const double by = low == 0 ? 1 : std::abs(low) * 0.05;
    low -= by;
    high += by;
  }
  /// 0 … count-1.
  double place(double value, std::size_t count) const {
    return (value - low) / (high - low) * static_cast<double>(count - 1);
  }
};

/// A character of the drawing: dots of the curve that was there last, or a letter.
struct Spot {
  std::uint8_t dots = 0;
  char letter = 0;
  std::size_t curve = 0;
};

class Canvas {
 public:
  Canvas(std::size_t columns, std::size_t lines)
      : columns_(columns), spots_(columns * lines), lines_(lines) {}

  /// A dot; x counts two to a column, y four to a line, from the upper left.
  void dot(std::size_t x, std::size_t y, std::size_t curve) {
    static constexpr std::uint8_t kBits[4][2] = {{1, 8}, {2, 16}, {4, 32}, {64, 128}};
    Spot& spot = at(x / 2, y / 4);
    spot.dots = static_cast<std::uint8_t>(spot.dots | kBits[y % 4][x % 2]);
    spot.curve = curve;
  }

  void line(double x0, double y0, double x1, double y1, std::size_t curve) {
    const double steps = std::max({std::abs(x1 - x0), std::abs(y1 - y0), 1.0});
    for (double i = 0; i <= steps; ++i)
      dot(static_cast<std::size_t>(std::lround(x0 + (x1 - x0) * i / steps)),
          static_cast<std::size_t>(std::lround(y0 + (y1 - y0) * i / steps)), curve);
  }

  /// Letters where the curve passes, every few columns, each curve at columns of its own.
  void mark(std::size_t curve, const std::vector<std::size_t>& line_at) {
    if (curve >= kLetters.size()) return;
    for (std::size_t column = (3 * curve + 1) % kLetterEvery; column < columns_;
         column += kLetterEvery)
      if (line_at[column] < lines_) {
        Spot& spot = at(column, line_at[column]);
        spot.letter = kLetters[curve];
        spot.curve = curve;
      }
  }

  std::string text(std::size_t line, std::string (*paint)(std::size_t, std::string_view)) const {
    std::string result;
    for (std::size_t column = 0; column < columns_; ++column) {
      const Spot& spot = spots_[line * columns_ + column];
      std::string drawn = " ";
      if (spot.letter != 0)
        drawn = std::string(1, spot.letter);
      else if (spot.dots != 0)
        drawn = {'\xE2', static_cast<char>(0xA0 | spot.dots >> 6),
                 static_cast<char>(0x80 | (spot.dots & 0x3F))};
      result += paint && drawn != " " ? paint(spot.curve, drawn) : drawn;
    }
    return result;
  }

 private:
  Spot& at(std::size_t column, std::size_t line) { return spots_[line * columns_ + column]; }

  std::size_t columns_;
  std::vector<Spot> spots_;
  std::size_t lines_;
};

void draw(const Curve& curve, std::size_t index, const Range& xs, const Range& ys,
          std::size_t columns, std::size_t lines, Canvas& canvas) {
  std::vector<std::size_t> line_at(columns, lines);  // where the curve passes; `lines`: nowhere
  bool drawing = false;
  double x0 = 0, y0 = 0;
  for (const auto& [x, y] : curve.points) {
    if (!std::isfinite(y)) {
      drawing = false;
      continue;
    }
    const double x1 = xs.place(x, 2 * columns);
    const double y1 = static_cast<double>(4 * lines - 1) - ys.place(y, 4 * lines);
    if (!drawing) {
      x0 = x1;
      y0 = y1;
    }
    canvas.line(x0, y0, x1, y1, index);
    const auto first = static_cast<std::size_t>(x0 / 2), last = static_cast<std::size_t>(x1 / 2);
    for (std::size_t column = first; column <= last; ++column) {
      const double along =
          x1 > x0 ? std::clamp((2 * static_cast<double>(column) - x0) / (x1 - x0), 0.0, 1.0) : 1;
      line_at[column] = static_cast<std::size_t>(std::lround(y0 + (y1 - y0) * along)) / 4;
    }
    x0 = x1;
    y0 = y1;
    drawing = true;
  }
  canvas.mark(index, line_at);
}

}  // namespace

std::string plot(const std::vector<Curve>& curves, const PlotOptions& options) {
  Range xs, ys;
  for (const Curve& curve : curves)
    for (const auto& [x, y] : curve.points)
      if (std::isfinite(y)) {
        xs.take(x);
        ys.take(y);
      }
  if (xs.low > xs.high) return {};
  xs.widen();
  ys.widen();
  const std::size_t columns = std::max<std::size_t>(options.width, 30) - kAxis;
  const std::size_t lines = std::max<std::size_t>(options.height, 4);
  Canvas canvas(columns, lines);
  for (std::size_t i = 0; i < curves.size(); ++i)
    draw(curves[i], i, xs, ys, columns, lines, canvas);

  std::string text = options.y.empty() ? "" : options.y + "\n";
  for (std::size_t line = 0; line < lines; ++line) {
    // A number at the top, the bottom and every fourth line between.
    const bool numbered = line + 1 == lines || (line % 4 == 0 && line + 3 < lines);
    const double share = static_cast<double>(line) / static_cast<double>(lines - 1);
    const double value = ys.high - (ys.high - ys.low) * share;
    text +=
        fmt::format("{:>8} {}", numbered ? fmt::format("{:.4g}", value) : "", numbered ? "┤" : "│");
    std::string drawn = canvas.text(line, options.paint);
    drawn.erase(drawn.find_last_not_of(' ') + 1);
    text += drawn + "\n";
  }
  const std::string low = fmt::format("{:.6g}", xs.low);
  const std::string high = fmt::format("{:.6g} {}", xs.high, options.x);
  const std::size_t room =
      columns > low.size() + high.size() ? columns - low.size() - high.size() : 1;
  std::string rule = std::string(kAxis - 1, ' ') + "└";
  for (std::size_t i = 0; i < columns; ++i) rule += "─";
  text += rule + "\n" + std::string(kAxis, ' ') + low + std::string(room, ' ') + high + "\n";
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const std::string letter(1, i < kLetters.size() ? kLetters[i] : '-');
    text += fmt::format("  {} {}\n", options.paint ? options.paint(i, letter) : letter,
                        printable_line(curves[i].name));
  }
  return text;
}

}  // namespace unroll::comparison

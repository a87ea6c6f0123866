// Curves in a terminal: where they are drawn, letters, axes, odd input.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include <unroll/comparison/plot.hpp>
#include <unroll/core/display.hpp>

namespace unroll::comparison {
namespace {

using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::Le;
using testing::StartsWith;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

Curve falling() {
  Curve curve{"falls", {}};
  for (int i = 0; i <= 100; i += 10) curve.points.emplace_back(i, 3.0 - 0.02 * i);
  return curve;
}

TEST(Plot, DrawsWithAxesAndLegend) {
  PlotOptions options;
  options.width = 40;
  options.height = 6;
  options.y = "loss";
  const std::vector<std::string> lines =
      lines_of(plot({falling(), {"flat", {{0, 1}, {100, 1}}}}, options));
  ASSERT_EQ(lines.size(), 1u + 6 + 2 + 2);
  EXPECT_EQ(lines[0], "loss");
  EXPECT_THAT(lines[1], StartsWith("       3 ┤⠉a"));  // begins at the upper left
  EXPECT_THAT(lines[6], AllOf(StartsWith("       1 ┤⣀"), HasSubstr("b")));
  EXPECT_THAT(lines[7], StartsWith("         └──"));
  EXPECT_THAT(lines[8], AllOf(StartsWith("          0 "), HasSubstr("100 step")));
  EXPECT_EQ(lines[9], "  a falls");
  EXPECT_EQ(lines[10], "  b flat");
  std::vector<std::size_t> widths;
  for (const std::string& line : lines) widths.push_back(display_width(line));
  EXPECT_THAT(widths, Each(Le(40u)));
  std::size_t letters = 0;
  for (std::size_t i = 1; i <= 6; ++i)
    letters += static_cast<std::size_t>(std::count(lines[i].begin(), lines[i].end(), 'a'));
  EXPECT_EQ(letters, 3u);  // 30 columns, a letter every 12
}

TEST(Plot, OddInput) {
  EXPECT_EQ(plot({}, {}), "");
  EXPECT_EQ(plot({{"nothing", {}}, {"nan", {{1, std::nan("")}}}}, {}), "");
  EXPECT_THAT(plot({{"one\x1b[1m", {{5, 2}}}}, {}), HasSubstr("a one\\x1b[1m"));
  EXPECT_THAT(plot({{"gap", {{0, 1}, {1, INFINITY}, {2, 1}}}}, {}), HasSubstr("a gap"));
  EXPECT_THAT(plot({{"zero", {{0, 0}, {9, 0}}}}, {}), HasSubstr("a zero"));
  std::vector<Curve> many;
  for (int i = 0; i < 60; ++i) many.push_back({"x", {{0, i}, {1, i}}});
  EXPECT_THAT(plot(many, {}), HasSubstr("  Z x\n  - x\n"));
}

TEST(Plot, IsPaintedByCurve) {
  PlotOptions options;
  options.paint = [](std::size_t curve, std::string_view text) {
    return "<" + std::to_string(curve) + std::string(text) + ">";
  };
  EXPECT_THAT(plot({falling(), falling()}, options), AllOf(HasSubstr("<0a>"), HasSubstr("<1b>")));
}

}  // namespace
}  // namespace unroll::comparison

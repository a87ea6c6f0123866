#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include <unroll/analysis/spectral_radius.hpp>

namespace unroll {
namespace {

/// The matrix of f(row, column).
std::vector<float> matrix_of(int n, const std::function<double(int, int)>& f) {
  std::vector<float> values;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) values.push_back(static_cast<float>(f(i, j)));
  return values;
}

double radius(int n, const std::function<double(int, int)>& f) {
  return spectral_radius(matrix_of(n, f), n);
}

/// NumPy 1.24: abs(numpy.linalg.eigvals(a)).max() of the same values.
TEST(SpectralRadius, IsWhatNumPySays) {
  const auto wild = [](int i, int j) { return std::sin(1 + 3 * i + 7 * j + i * j * j); };
  EXPECT_NEAR(radius(5, wild), 1.6259074, 1e-3 * 1.63);
  EXPECT_NEAR(radius(24, wild), 3.5756057, 1e-3 * 3.58) << "a complex pair";
  EXPECT_NEAR(
      radius(100, [](int i, int j) { return std::sin(1 + 3 * i + 7 * j + i * i * j) / 10; }),
      0.7208801, 1e-3 * 0.72);
  EXPECT_NEAR(radius(24, [&](int i, int j) { return j >= i ? wild(i, j) : 0; }), 0.9928727,
              2e-3 * 0.99)
      << "triangular and far from normal, four eigenvalues within 1 %";
}

TEST(SpectralRadius, RotationsOnWhichPowerIterationNeverSettles) {
  const auto turn = [](double size, double angle) {
    return std::vector<float>{
        static_cast<float>(size * std::cos(angle)), static_cast<float>(-size * std::sin(angle)),
        static_cast<float>(size * std::sin(angle)), static_cast<float>(size * std::cos(angle))};
  };
  for (const double angle : {0.0, 0.3, 1.5707963, 2.5})
    for (const double size : {1e-20, 0.5, 1.0, 1e15})
      EXPECT_NEAR(spectral_radius(turn(size, angle), 2) / size, 1, 1e-3) << size << " " << angle;
}

TEST(SpectralRadius, OppositeSigns) {
  EXPECT_NEAR(spectral_radius(std::vector<float>{2, 0, 0, -2}, 2), 2, 1e-3);
  EXPECT_NEAR(spectral_radius(std::vector<float>{0, 4, 1, 0}, 2), 2, 1e-3);
}

TEST(SpectralRadius, NothingNilpotentAndJordanBlocks) {
  EXPECT_EQ(spectral_radius(std::vector<float>(9, 0), 3), 0);
  EXPECT_EQ(radius(6, [](int i, int j) { return j == i + 1 ? 3 : 0; }), 0);
  EXPECT_NEAR(radius(2, [](int i, int j) { return i == j ? 0.5 : i < j ? 1 : 0; }), 0.5, 1e-3);
  EXPECT_NEAR(spectral_radius(std::vector<float>{-3}, 1), 3, 1e-6);
  EXPECT_TRUE(std::isnan(
      spectral_radius(std::vector<float>{1, std::numeric_limits<float>::infinity(), 0, 1}, 2)));
}

Initializer values_of(std::vector<float> values) {
  return [values](Tensor& tensor, RandomStream&) {
    std::copy(values.begin(), values.end(), tensor.data<float>());
  };
}

TEST(SpectralRadii, OfEachGateOrOfTheMatrixByItsName) {
  ParameterStore store(1);
  const Parameters layer = Parameters(store).scope("recurrence/layer0/forward");
  // Gates a, b side by side: [[1, 0 | 3, 0], [0, 2 | 0, 1]].
  layer.make("U", {2, 4}, values_of({1, 0, 3, 0, 0, 2, 0, 1}),
             {"hidden before, gates * hidden", "a, b"});
  layer.make("V", {2, 2}, values_of({0, 5, 5, 0}), {"hidden before, hidden", ""});
  layer.make("W", {2, 2}, values_of({9, 0, 0, 9}), {"input, hidden", ""});
  layer.make("P", {1, 2}, values_of({9, 9}), {"hidden before, projected", ""});
  Parameters(store)
      .scope("recurrence/layer0/forward2")
      .make("U", {1, 1}, values_of({8}), {"hidden before, hidden", ""});
  const auto radii = spectral_radii(store, "recurrence/layer0/forward");
  ASSERT_EQ(radii.size(), 3U);
  EXPECT_NEAR(radii.at("a"), 2, 2e-3);
  EXPECT_NEAR(radii.at("b"), 3, 3e-3);
  EXPECT_NEAR(radii.at("V"), 5, 5e-3);
}

}  // namespace
}  // namespace unroll

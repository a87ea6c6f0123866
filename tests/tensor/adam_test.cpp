// Adam's kernel against plain arithmetic in double, on every instruction set there is.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include <unroll/core/random.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/kernels_adam.hpp>

namespace unroll {
namespace {

class AdamKernel : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { Engine::get().use_vector_target(GetParam()); }
  void TearDown() override { Engine::get().use_vector_target({}); }
};

std::vector<float> noise(std::size_t count, const char* name, double low, double high) {
  RandomStream random(1, name);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random.uniform(low, high));
  return values;
}

kernels::AdamStep some_step() {
  kernels::AdamStep step;
  step.scale = 0.7f;
  step.decay = 0.02f;
  step.keep = 0.99f;
  step.rate = 0.05f;
  step.root = 3.0f;
  return step;
}

TEST_P(AdamKernel, AgreesWithPlainArithmeticAtEveryLength) {
  const kernels::AdamStep s = some_step();
  for (const std::size_t n : {0U, 1U, 3U, 8U, 15U, 16U, 17U, 1000U}) {
    const std::vector<float> g = noise(n, "g", -2, 2), m0 = noise(n, "m", -1, 1);
    const std::vector<float> v0 = noise(n, "v", 0, 1), w0 = noise(n, "w", -1, 1);
    std::vector<float> m = m0, v = v0, w = w0;
    for (auto* values : {&m, &v, &w}) values->push_back(5.0f);  // must not be touched
    kernels::adam(s, static_cast<std::int64_t>(n), g.data(), m.data(), v.data(), w.data());
    for (std::size_t i = 0; i < n; ++i) {
      const double gradient = double{s.scale} * double{g[i]} + double{s.decay} * double{w0[i]};
      const double mean = double{s.beta1} * double{m0[i]} + double{s.rest1} * gradient;
      const double square = double{s.beta2} * double{v0[i]} + double{s.rest2} * gradient * gradient;
      const double wanted =
          double{s.keep} * double{w0[i]} -
          double{s.rate} * mean / (std::sqrt(square) * double{s.root} + double{s.epsilon});
      ASSERT_NEAR(m[i], mean, 1e-6) << n << " at " << i;
      ASSERT_NEAR(v[i], square, 1e-6) << n << " at " << i;
      ASSERT_NEAR(w[i], wanted, 1e-5) << n << " at " << i;
    }
    for (const auto* values : {&m, &v, &w}) ASSERT_EQ(values->back(), 5.0f) << n;
  }
}

/// Weights are updated in pieces, which depend on how they are shared among threads.
TEST_P(AdamKernel, GivesTheSameBitsWhereverAPieceBegins) {
  constexpr std::size_t n = 203, cut = 37;
  const std::vector<float> g = noise(n, "g", -2, 2);
  std::vector<float> m(n, 0.1f), v(n, 0.2f), w(n, 0.3f), m2 = m, v2 = v, w2 = w;
  kernels::adam(some_step(), n, g.data(), m.data(), v.data(), w.data());
  kernels::adam(some_step(), cut, g.data(), m2.data(), v2.data(), w2.data());
  kernels::adam(some_step(), n - cut, g.data() + cut, m2.data() + cut, v2.data() + cut,
                w2.data() + cut);
  EXPECT_EQ(w, w2);
  EXPECT_EQ(m, m2);
  EXPECT_EQ(v, v2);
}

TEST_P(AdamKernel, AZeroGradientAtTheStartMovesNothing) {
  kernels::AdamStep s;
  std::vector<float> g(20, 0.0f), m = g, v = g, w(20, 0.25f);
  kernels::adam(s, 20, g.data(), m.data(), v.data(), w.data());
  EXPECT_EQ(w, std::vector<float>(20, 0.25f));
}

INSTANTIATE_TEST_SUITE_P(Targets, AdamKernel, testing::ValuesIn(Engine::get().vector_targets()),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace unroll

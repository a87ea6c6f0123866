// Softmax and cross-entropy of a block against plain arithmetic in double, on every instruction
// set there is.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <unroll/core/random.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/kernels_cross_entropy.hpp>

namespace unroll {
namespace {

class CrossEntropyRows : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { Engine::get().use_vector_target(GetParam()); }
  void TearDown() override { Engine::get().use_vector_target({}); }
};

std::vector<float> noise(std::int64_t count, const char* name) {
  RandomStream random(1, name);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = static_cast<float>(random.uniform(-5, 5));
  return values;
}

struct Plain {
  double loss = 0;
  bool likeliest = false;
  std::vector<double> gradient;
};

Plain plain(const float* x, const float* bias, std::int64_t V, std::int32_t target, double scale) {
  std::vector<double> logits;
  for (std::int64_t c = 0; c < V; ++c) logits.push_back(double{x[c] + bias[c]});
  const auto top = std::ranges::max_element(logits);
  const double maximum = *top;
  double sum = 0;
  for (const double logit : logits) sum += std::exp(logit - maximum);
  Plain found;
  found.loss = maximum + std::log(sum) - logits[static_cast<std::size_t>(target)];
  found.likeliest = top - logits.begin() == target;
  for (const double logit : logits)
    found.gradient.push_back(scale * std::exp(logit - maximum) / sum);
  found.gradient[static_cast<std::size_t>(target)] -= scale;
  return found;
}

TEST_P(CrossEntropyRows, AgreeWithPlainArithmetic) {
  constexpr std::int64_t kRows = 131;  // two groups of rows and some
  constexpr float kScale = 0.5f;
  for (const std::int64_t V : {1, 3, 15, 16, 17, 69, 200}) {
    const std::int64_t P = kernels::padded_classes(V), stride = P + 16;
    std::vector<float> x = noise(kRows * stride, "x"), bias = noise(P, "b");
    x[0] = 5000.0f;  // must not overflow
    x[static_cast<std::size_t>(V - 1 + stride)] = -std::numeric_limits<float>::infinity();
    // What lies beyond a row counts for nothing, whatever it is.
    for (std::int64_t r = 0; r < kRows; ++r)
      for (std::int64_t c = V; c < P; ++c)
        x[static_cast<std::size_t>(r * stride + c)] = c % 2 == 0 ? NAN : 1e30f;
    std::vector<std::int32_t> targets;
    for (std::int64_t r = 0; r < kRows; ++r)
      targets.push_back(r % 10 == 9 ? -1 : static_cast<std::int32_t>(V == 1 ? 0 : r % (V - 1)));
    for (const bool gradients : {true, false}) {
      std::vector<float> y = x, losses(kRows, 7.0f), db(static_cast<std::size_t>(P), 1.0f);
      kernels::LogitRows block;
      block.rows = kRows;
      block.classes = V;
      block.stride = stride;
      block.logits = y.data();
      block.bias = bias.data();
      block.targets = targets.data();
      block.scale = kScale;
      block.bias_gradient = gradients ? db.data() : nullptr;
      if (V == 1) y[static_cast<std::size_t>(stride)] = 0;  // one class has to be possible
      const std::vector<float> before = y;
      const std::int64_t likeliest = kernels::softmax_cross_entropy(block, losses.data());

      std::int64_t wanted_likeliest = 0;
      std::vector<double> wanted_db(static_cast<std::size_t>(V), 1.0);
      for (std::int64_t r = 0; r < kRows; ++r) {
        const auto row = static_cast<std::size_t>(r);
        const float* const now = y.data() + r * stride;
        if (targets[row] < 0) {
          EXPECT_EQ(losses[row], 0);
          for (std::int64_t c = 0; gradients && c < V; ++c) ASSERT_EQ(now[c], 0);
          continue;
        }
        const Plain wanted =
            plain(before.data() + r * stride, bias.data(), V, targets[row], double{kScale});
        wanted_likeliest += wanted.likeliest ? 1 : 0;
        ASSERT_NEAR(losses[row], wanted.loss, 2e-6 * (1 + wanted.loss)) << V << " row " << r;
        for (std::size_t c = 0; gradients && c < wanted.gradient.size(); ++c) {
          ASSERT_NEAR(now[c], wanted.gradient[c], 1e-6) << V << " row " << r << " class " << c;
          wanted_db[c] += wanted.gradient[c];
        }
      }
      EXPECT_EQ(likeliest, wanted_likeliest);
      for (std::size_t c = 0; gradients && c < wanted_db.size(); ++c)
        ASSERT_NEAR(db[c], wanted_db[c], 2e-5) << V << " class " << c;
    }
  }
}

TEST_P(CrossEntropyRows, NotANumberIsNotHidden) {
  std::vector<float> x(16, 0.0f), bias(16, 0.0f), db(16, 0.0f);
  x[3] = NAN;
  const std::int32_t target = 1;
  float loss = 0;
  kernels::LogitRows block;
  block.rows = 1;
  block.classes = 5;
  block.stride = 16;
  block.logits = x.data();
  block.bias = bias.data();
  block.targets = &target;
  block.bias_gradient = db.data();
  kernels::softmax_cross_entropy(block, &loss);
  EXPECT_TRUE(std::isnan(loss));
}

INSTANTIATE_TEST_SUITE_P(Targets, CrossEntropyRows,
                         testing::ValuesIn(Engine::get().vector_targets()),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace unroll

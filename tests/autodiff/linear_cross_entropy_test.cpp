// The output layer and its loss block by block, against the two operations that it stands for.
#include <gtest/gtest.h>

#include <unroll/autodiff/anomaly.hpp>
#include <unroll/autodiff/ops_linear_cross_entropy.hpp>
#include <unroll/core/random.hpp>
#include <unroll/tensor/engine.hpp>

#include "stored.hpp"

namespace unroll::test {
namespace {

struct Sizes {
  std::int64_t T, N, K, V;
};

Tensor noise(const Shape& shape, const char* name, DType type = DType::f32) {
  RandomStream random(5, name);
  Tensor tensor = Tensor::empty(shape, DType::f64);
  for (double& value : tensor.span<double>()) value = random.uniform(-1, 1);
  return tensor.to(type);
}

/// Every ninth does not count.
Tensor some_targets(const Sizes& s) {
  Tensor targets = Tensor::empty({s.T, s.N}, DType::i32);
  std::int64_t i = 0;
  for (std::int32_t& target : targets.span<std::int32_t>())
    target = ++i % 9 == 0 ? -1 : static_cast<std::int32_t>(i * i * 7 % s.V);
  return targets;
}

struct Found {
  double total;
  std::int64_t counted, correct;
  std::vector<Tensor> gradients;
};

/// `part` of the mean of the losses is differentiated; 1 is what training does.
Found compute(const Sizes& s, bool fused, double part, DType type = DType::f32) {
  Graph graph;
  const Var x = graph.input(noise({s.T, s.N, s.K}, "x", type));
  const Var w = graph.input(noise({s.K, s.V}, "w", type)), b = graph.input(noise({s.V}, "b", type));
  const Tensor targets = some_targets(s);
  const CrossEntropy entropy =
      fused ? linear_cross_entropy(x, w, b, targets) : cross_entropy(affine(x, w, b), targets);
  Found found{0, entropy.counted, entropy.correct, {}};
  found.total = *entropy.total.value().to(DType::f64).data<double>();
  EXPECT_EQ(entropy.weight, static_cast<double>(entropy.counted));
  graph.backward((1.0 / static_cast<double>(entropy.counted)) * entropy.total, part);
  for (const Var& var : {x, w, b}) found.gradients.push_back(graph.gradient(var).clone());
  return found;
}

void expect_alike(const Found& a, const Found& b, const std::string& what) {
  EXPECT_EQ(a.counted, b.counted) << what;
  EXPECT_EQ(a.correct, b.correct) << what;
  EXPECT_NEAR(a.total, b.total, 2e-6 * b.total) << what;
  for (std::size_t i = 0; i < 3; ++i) {
    const Tensor y = b.gradients[i].to(DType::f64);
    double largest = 0;
    for (const double value : y.span<double>()) largest = std::max(largest, std::abs(value));
    expect_near(a.gradients[i], y, 1e-5 * largest, what + ", gradient " + std::to_string(i));
  }
}

/// In float64 of what float32 holds, so that the two are of the same numbers.
class LinearCrossEntropy : public testing::Test {
 protected:
  void TearDown() override {
    Engine::get().set_threads(threads_);
    Engine::get().use_vector_target({});
  }
  int threads_ = Engine::get().threads();
};

TEST_F(LinearCrossEntropy, AgreesWithTheTwoOperations) {
  // Less than a vector, whole vectors, several blocks with a last that is shorter; few rows; and
  // weights that are too large for a thread to have its own.
  for (const Sizes& s : {Sizes{3, 5, 4, 7}, Sizes{30, 37, 6, 69}, Sizes{4, 3, 5, 32},
                         Sizes{1, 1, 3, 1}, Sizes{5, 60, 66, 2100}}) {
    for (const int threads : {1, 2, 3}) {
      Engine::get().set_threads(threads);
      for (const double part : {1.0, 0.25}) {
        const std::string what =
            "V " + std::to_string(s.V) + ", threads " + std::to_string(threads);
        expect_alike(compute(s, true, part), compute(s, false, part), what);
      }
    }
  }
}

TEST_F(LinearCrossEntropy, GoesThroughSeveralBlocksTogether) {
  Engine::get().set_threads(2);
  const Sizes s{10, 30, 7, 20000};  // 209 rows a block
  expect_alike(compute(s, true, 1), compute(s, false, 1), "large vocabulary");
}

TEST_F(LinearCrossEntropy, AgreesBetweenInstructionSets) {
  const Sizes s{30, 37, 6, 69};
  const Found best = compute(s, true, 1);
  for (const std::string& target : Engine::get().vector_targets()) {
    Engine::get().use_vector_target(target);
    expect_alike(compute(s, true, 1), best, target);
  }
}

TEST_F(LinearCrossEntropy, GivesTheSameBitsAgain) {
  const Sizes s{30, 37, 6, 69};
  const Found first = compute(s, true, 1), again = compute(s, true, 1);
  EXPECT_EQ(first.total, again.total);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_TRUE(
        std::ranges::equal(first.gradients[i].span<float>(), again.gradients[i].span<float>()));
}

TEST_F(LinearCrossEntropy, WorksInDoubleAndWhileAnomaliesAreLookedFor) {
  const Sizes s{3, 5, 4, 7};
  expect_alike(compute(s, true, 1, DType::f64), compute(s, false, 1, DType::f64), "double");
  detect_anomalies(true);
  expect_alike(compute(s, true, 1), compute(s, false, 1), "anomalies");
  detect_anomalies(false);
}

TEST_F(LinearCrossEntropy, LosesNothingWithoutATapeThatRecords) {
  const Sizes s{30, 37, 6, 69};
  Graph graph(Graph::Mode::infer);
  const CrossEntropy entropy = linear_cross_entropy(
      graph.constant(noise({s.T, s.N, s.K}, "x")), graph.constant(noise({s.K, s.V}, "w")),
      graph.constant(noise({s.V}, "b")), some_targets(s));
  const Found recorded = compute(s, true, 1);
  EXPECT_EQ(*entropy.total.value().data<float>(), static_cast<float>(recorded.total));
  EXPECT_EQ(entropy.correct, recorded.correct);
}

TEST_F(LinearCrossEntropy, RefusesWhatTheTwoRefuse) {
  Graph graph;
  const Var x = graph.input(Tensor::zeros({2, 3})), b = graph.input(Tensor::zeros({4}));
  const Tensor targets = Tensor::full({2}, 4, DType::i32), some = Tensor::full({2}, 1, DType::i32);
  const Var w = graph.input(Tensor::zeros({3, 4})), odd = graph.input(Tensor::zeros({5, 4}));
  EXPECT_THROW(linear_cross_entropy(x, w, b, targets), std::invalid_argument);  // no such class
  EXPECT_THROW(linear_cross_entropy(x, odd, b, some), std::invalid_argument);
  EXPECT_THROW(linear_cross_entropy(x, w, x, some), std::invalid_argument);
  EXPECT_THROW(linear_cross_entropy(x, w, b, Tensor::full({3}, 1, DType::i32)),
               std::invalid_argument);
}

TEST_F(LinearCrossEntropy, TheFirstOfEqualLogitsIsTheGuess) {
  Graph graph;
  const Var x = graph.input(Tensor::zeros({3, 2})), w = graph.input(Tensor::zeros({2, 20}));
  const Var b = graph.input(Tensor::zeros({20}));
  const std::vector<std::int32_t> ids{0, 1, 17};
  const CrossEntropy entropy = linear_cross_entropy(x, w, b, Tensor::of<std::int32_t>({3}, ids));
  EXPECT_EQ(entropy.correct, 1);
  EXPECT_NEAR(*entropy.total.value().data<float>(), 3 * std::log(20.0), 1e-5);
}

}  // namespace
}  // namespace unroll::test

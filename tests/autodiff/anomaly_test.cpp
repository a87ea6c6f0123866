// With detection on, the first number that is not finite ends the computation and is named.
#include <gmock/gmock.h>

#include <limits>

#include <unroll/autodiff/anomaly.hpp>
#include <unroll/autodiff/ops.hpp>
#include <unroll/core/error.hpp>

namespace unroll {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr float kHuge = std::numeric_limits<float>::max();

class Anomaly : public testing::Test {
 protected:
  void SetUp() override { detect_anomalies(true); }
  void TearDown() override {
    detect_anomalies(false);
    anomalies_arise_in("");
  }

  template <typename Function>
  static std::string found(Function function) {
    try {
      function();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), Failure::diverged);
      return error.what();
    }
    return "nothing";
  }

  static Tensor ramp(const Shape& shape, float first) {
    Tensor tensor = Tensor::empty(shape, DType::f32);
    for (std::int64_t i = 0; i < tensor.size(); ++i)
      tensor.data<float>()[i] = first + static_cast<float>(i);
    return tensor;
  }

  Graph graph_;
};

TEST_F(Anomaly, ForwardNamesTheOperationThePlaceAndTheOperands) {
  const Var x = graph_.input(ramp({3, 4}, 80));  // e^89 is more than a float holds
  anomalies_arise_in("step 7");
  EXPECT_EQ(found([&] { exp(x); }),
            "step 7: forward: exp of [3, 4] gave inf at [2, 1] of [3, 4] (3 of 12 are not "
            "finite)");
}

TEST_F(Anomaly, ProductsOverflow) {
  const Var x = graph_.input(Tensor::full({2, 3}, kHuge, DType::f32));
  const Var w = graph_.input(Tensor::full({3, 5}, kHuge, DType::f32));
  EXPECT_THAT(found([&] { matmul(x, w); }),
              StartsWith("forward: matmul of [2, 3] and [3, 5] gave inf at [0, 0] of [2, 5]"));
}

TEST_F(Anomaly, BackwardNamesTheOperandWhoseGradientItIs) {
  const Var large = graph_.constant(Tensor::full({4}, 1e30, DType::f32));
  const Var x = graph_.input(Tensor::full({4}, 1e-30, DType::f32));
  const Var loss = sum(large * (large * x));
  EXPECT_EQ(found([&] { graph_.backward(loss); }),
            "backward: of operator* of [4] and [4], the gradient of [4] is inf at [0] of [4] (4 "
            "of 4 are not finite)");
}

TEST_F(Anomaly, InferenceIsWatchedToo) {
  Graph graph(Graph::Mode::infer);
  const Var x = graph.constant(Tensor::full({2}, kHuge, DType::f32));
  EXPECT_THAT(found([&] { x* x; }), StartsWith("forward: operator* of [2] and [2] gave inf"));
}

TEST_F(Anomaly, WhatIsFiniteIsLeftAlone) {
  const Var x = graph_.input(ramp({3, 4}, 1));
  const Var loss = sum(log(x) * tanh(x));
  EXPECT_EQ(found([&] { graph_.backward(loss); }), "nothing");
  EXPECT_EQ(found([] { require_finite(Tensor::zeros({0}, DType::f32), "x"); }), "nothing");
  EXPECT_EQ(found([] { require_finite(Tensor::full({2}, kHuge, DType::f32), "x"); }), "nothing");
}

TEST_F(Anomaly, OffNothingIsLookedAt) {
  detect_anomalies(false);
  const Var x = graph_.input(ramp({3}, 100));
  EXPECT_EQ(found([&] { graph_.backward(sum(exp(x))); }), "nothing");
}

}  // namespace
}  // namespace unroll

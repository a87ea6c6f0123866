// Values that are learnt scaled and said in their own units.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unroll/autodiff/gradient_check.hpp>
#include <unroll/model/answer.hpp>

namespace unroll {
namespace {

class ScaledAnswer : public testing::Test {
 protected:
  ScaledAnswer() {
    domain.fields.values = {"weight", "price"};
    domain.values = {{70, 1000}, {10, 500}};
    const float values[] = {60, 1500, 90, 250, 70, 900};
    batch.values = Tensor::of<float>(Shape{3, 2}, values);
    const double numbers[] = {0.5, -1, 2, 0.25, -0.75, 1, 3, 0.1, -2, 0.4, 1.5, -0.3};
    y = Tensor::of<double>(Shape{3, 4}, numbers);
  }

  Domain domain;
  Batch batch;
  Tensor y;  ///< [3, 4]
  ParameterStore store{1, DType::f64};
};

TEST_F(ScaledAnswer, SaysOwnUnitsAndLearnsScaledOnes) {
  const Answer answer({}, "test", 4, domain, {}, Parameters(store));
  for (Parameter* parameter : store.all()) {
    Tensor value = parameter->value();
    value.fill(0);  // so that it says the means
  }
  Graph graph;
  const Outcome outcome = answer(graph, graph.constant(y), batch);
  EXPECT_THAT(outcome.output.span<double>(), testing::ElementsAre(70, 1000, 70, 1000, 70, 1000));
  // Squared errors 100, 400, 0 and 250000, 562500, 10000; by the deviations 1, 4, 0 and 1, 2.25,
  // .04.
  EXPECT_NEAR(outcome.total, (100 + 400 + 250000 + 562500 + 10000) / 2.0, 1e-6);
  EXPECT_NEAR(*outcome.loss.value().data<double>(), (1 + 4 + 1 + 2.25 + 0.04) / 6,
              1e-6);  // in float32
  EXPECT_EQ(outcome.counted, 3);
}

TEST_F(ScaledAnswer, GradientsAreThoseOfDifferences) {
  const Answer answer({}, "test", 4, domain, {}, Parameters(store));
  Tensor inputs[] = {y};
  const auto loss = [&](Graph& graph, std::span<const Var> leaves) {
    return answer(graph, leaves[0], batch).loss;
  };
  const GradientCheck check = check_gradients(loss, inputs, store.all());
  EXPECT_TRUE(check.passed()) << check.worst << " at " << check.where;
}

}  // namespace
}  // namespace unroll

// The last layer of what says one thing of each example: class weights.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include <unroll/core/error.hpp>
#include <unroll/model/answer.hpp>

namespace unroll {
namespace {

/// 90 examples of class "often" and 10 of class "rare" that mostly have a feature which some of the
/// others have as well.
class Weighted : public testing::Test {
 protected:
  Weighted() {
    domain.fields.label = true;
    domain.classes = {"often", "rare"};
    domain.class_counts = {90, 10};
    add(80, 0, 0);
    add(10, 1, 0);
    add(2, 0, 1);
    add(8, 1, 1);
    const auto size = static_cast<std::int64_t>(labels.size());
    x = Tensor::of<double>(Shape{size, 1}, features);
    batch.labels = Tensor::of<std::int32_t>(Shape{size}, labels);
  }
  void add(int count, double feature, std::int32_t label) {
    features.insert(features.end(), static_cast<std::size_t>(count), feature);
    labels.insert(labels.end(), static_cast<std::size_t>(count), label);
  }
  static AnswerOptions options(const std::string& weights) { return {{weights}, "auto"}; }

  Domain domain;
  std::vector<double> features;
  std::vector<std::int32_t> labels;
  Tensor x;  ///< [100, 1]
  Batch batch;
};

TEST_F(Weighted, ALossIsTheWeightedMeanAndTheSumsAreNot) {
  ParameterStore store(1, DType::f64);
  const Answer answer(options("balanced"), "test", 1, domain, {}, Parameters(store));
  const double W[] = {0.5, 0}, b[] = {0.1, 0};  // logits 0.5 x + 0.1 and 0
  Tensor weights = store.find("W")->value(), bias = store.find("b")->value();
  std::ranges::copy(W, weights.data<double>());
  std::ranges::copy(b, bias.data<double>());
  Graph graph;
  const Outcome outcome = answer(graph, graph.constant(x), batch);
  const auto nats = [](double feature, bool rare) {
    const double logit = 0.5 * feature + 0.1;
    return std::log(std::exp(logit) + 1) - (rare ? 0 : logit);
  };
  const double often = 80 * nats(0, false) + 10 * nats(1, false);
  const double rare = 2 * nats(0, true) + 8 * nats(1, true);
  // 100 / (2 * 90) and 100 / (2 * 10); all weights together are 100.
  EXPECT_NEAR(*outcome.loss.value().data<double>(), (often / 1.8 + 5 * rare) / 100, 1e-12);
  EXPECT_NEAR(outcome.total, often + rare, 1e-10) << "comparable with any other model's";
  EXPECT_EQ(outcome.counted, 100);
}

TEST_F(Weighted, FindARareClassMoreOften) {
  const auto found = [&](const std::string& weights) {
    ParameterStore store(1, DType::f64);
    const Answer answer(options(weights), "test", 1, domain, {}, Parameters(store));
    Tensor logits;
    for (int step = 0; step < 100; ++step) {
      Graph graph;
      const Outcome outcome = answer(graph, graph.constant(x), batch);
      logits = outcome.output;
      store.zero_gradients();
      graph.backward(outcome.loss);
      for (Parameter* parameter : store.all()) {
        Tensor value = parameter->value();
        for (std::size_t i = 0; i < value.span<double>().size(); ++i)
          value.span<double>()[i] -= 6 * parameter->gradient().span<double>()[i];
      }
    }
    int rare = 0;
    for (std::size_t i = 0; i < labels.size(); ++i)
      rare += labels[i] == 1 && logits.span<double>()[2 * i + 1] > logits.span<double>()[2 * i];
    return rare;
  };
  EXPECT_EQ(found("none"), 0) << "10 of the others have the feature, 8 of these";
  EXPECT_EQ(found("balanced"), 8);
}

TEST_F(Weighted, NeedClasses) {
  Domain values;
  values.fields.values = {"height"};
  ParameterStore store(1, DType::f64);
  try {
    Answer(options("balanced"), "many_to_one", 1, values, {}, Parameters(store));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Failure::usage);
    EXPECT_THAT(error.what(), testing::StartsWith("many_to_one predicts values, which have no "
                                                  "classes to weight"));
  }
}

}  // namespace
}  // namespace unroll

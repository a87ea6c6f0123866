// Operations of attention: gradients under masks, and what masks must leave alone.
#include <gmock/gmock.h>

#include "gradient_cases.hpp"

namespace unroll::test {
namespace {

// Four positions, three lanes of lengths 4, 0 and 2.
const Tensor& lengths() {
  static const std::vector<std::int32_t> values{4, 0, 2};
  static const Tensor tensor = Tensor::of<std::int32_t>({3}, values);
  return tensor;
}

std::vector<Case> cases() {
  const Shape keys{4, 3, 5}, one{3, 5}, few{2, 3, 5}, many{6, 3, 5};
  std::vector<Case> all;
  for (const auto& [name, queries] :
       {std::pair{"one", one}, std::pair{"few", few}, std::pair{"many", many}}) {
    for (const bool masked : {false, true}) {
      const Tensor mask = masked ? lengths() : Tensor{};
      const std::string end = std::string("_") + name + (masked ? "_masked" : "");
      const auto add = [&](const char* what, std::vector<Shape> inputs, auto loss) {
        all.push_back({what + end, std::move(inputs), loss});
      };
      add("dot_scores", {queries, keys},
          [mask](Graph&, In v) { return weigh(tanh(dot_scores(v[0], v[1], mask))); });
      add("additive_scores", {queries, keys, {5}},
          [mask](Graph&, In v) { return weigh(additive_scores(v[0], v[1], v[2], mask)); });
      Shape scores = queries.rank() == 2 ? Shape{3, 4} : Shape{queries.dim(0), 3, 4};
      add("masked_softmax", {scores},
          [mask](Graph&, In v) { return weigh(masked_softmax(v[0], mask)); });
      add("weighted_sum", {scores, keys},
          [mask](Graph&, In v) { return weigh(tanh(weighted_sum(v[0], v[1], mask))); });
      // All in a row, keys and values being one and used by two queries.
      add("attention", {queries, keys, {5}}, [mask](Graph&, In v) {
        const auto context = [&](Var scored) {
          return weighted_sum(masked_softmax(scored, mask), v[1], mask);
        };
        return weigh(context(dot_scores(v[0], v[1], mask))) +
               weigh(context(additive_scores(tanh(v[0]), v[1], v[2], mask)));
      });
    }
  }
  all.push_back({"additive_scores_of_itself", {keys, {5}}, [](Graph&, In v) {
                   return weigh(tanh(additive_scores(v[0], v[0], v[1])));
                 }});
  all.push_back({"dot_scores_of_itself", {keys}, [](Graph&, In v) {
                   return weigh(tanh(dot_scores(v[0], v[0], lengths())));
                 }});
  all.push_back({"additive_scores_of_constants", {{5}}, [](Graph& g, In v) {
                   const Tensor x = Tensor::full({4, 3, 5}, 0.25, v[0].dtype());
                   return weigh(additive_scores(g.constant(x), g.constant(x), v[0], lengths()));
                 }});
  return all;
}

class AttentionGradients : public testing::TestWithParam<Case> {};

TEST_P(AttentionGradients, AgreeWithFiniteDifferences) {
  expect_gradients_of_differences(GetParam());
}

TEST_P(AttentionGradients, AreTheSameInSinglePrecision) {
  expect_the_same_in_single_precision(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Operations, AttentionGradients, testing::ValuesIn(cases()),
                         [](const auto& each) { return each.param.name; });

TEST(MaskedSoftmax, GivesExactlyNothingBeyondALanesLength) {
  Graph graph;
  Tensor scores = Tensor::full({2, 3, 4}, 1e4);
  scores.data<float>()[10] = NAN;  // beyond the third lane's length
  const Tensor weights = masked_softmax(graph.constant(scores), lengths()).value();
  EXPECT_THAT(weights.span<float>().first(12),
              testing::ElementsAre(.25f, .25f, .25f, .25f, 0, 0, 0, 0, .5f, .5f, 0, 0));
}

TEST(MaskedSoftmax, IsSoftmaxWhereAllCount) {
  Graph graph;
  RandomStream random(1, "x");
  const Var x = graph.constant(random_tensor({2, 3, 4}, random, DType::f32));
  EXPECT_THAT(masked_softmax(x).value().span<float>(),
              testing::Pointwise(testing::Eq(), softmax(x).value().span<float>()));
}

TEST(Attention, ReadsNothingBeyondALanesLength) {
  Graph graph;
  RandomStream random(1, "x");
  const Tensor keys = random_tensor({4, 3, 5}, random, DType::f32);
  const Var queries = graph.constant(random_tensor({3, 5}, random, DType::f32));
  const Var v = graph.constant(random_tensor({5}, random, DType::f32));
  const auto context = [&](const Tensor& memory, bool dot) {
    const Var m = graph.constant(memory);
    const Var scores =
        dot ? dot_scores(queries, m, lengths()) : additive_scores(queries, m, v, lengths());
    return weighted_sum(masked_softmax(scores, lengths()), m, lengths()).value();
  };
  Tensor spoilt = keys.clone();
  for (std::int64_t s = 0; s < 4; ++s) {
    for (std::int64_t n = 0; n < 3; ++n) {
      if (s >= lengths().data<std::int32_t>()[n]) spoilt[s][n].fill(NAN);
    }
  }
  for (const bool dot : {false, true}) {
    EXPECT_THAT(context(spoilt, dot).span<float>(),
                testing::Pointwise(testing::Eq(), context(keys, dot).span<float>()));
  }
}

TEST(Attention, RefusesShapesThatDoNotFit) {
  Graph graph;
  const auto zeros = [&](const Shape& shape) { return graph.constant(Tensor::zeros(shape)); };
  const Var keys = zeros({4, 3, 5});
  EXPECT_THROW(dot_scores(zeros({2, 5}), keys), std::invalid_argument);
  EXPECT_THROW(dot_scores(zeros({3, 6}), keys), std::invalid_argument);
  EXPECT_THROW(additive_scores(zeros({3, 5}), keys, zeros({4})), std::invalid_argument);
  EXPECT_THROW(weighted_sum(zeros({3, 5}), keys), std::invalid_argument);
  EXPECT_THROW(masked_softmax(zeros({4}), lengths()), std::invalid_argument);
  EXPECT_THROW(masked_softmax(zeros({2, 4}), lengths()), std::invalid_argument);
  EXPECT_THAT(
      [&] {
        masked_softmax(zeros({3, 3}), lengths());
      },
      testing::ThrowsMessage<std::invalid_argument>(
          "masked_softmax: lane 0 has length 4, expected 0 … 3"));
}

}  // namespace
}  // namespace unroll::test

// Operations of transformers: gradients, PyTorch's values, and what attention must not see.
#include <cmath>

#include <unroll/autodiff/ops_transformer.hpp>

#include "gradient_cases.hpp"
#include "paths.hpp"
#include "stored.hpp"

namespace unroll::test {
namespace {

std::vector<Case> cases() {
  std::vector<Case> all;
  all.push_back({"gelu", {{3, 5}}, [](Graph&, In v) { return weigh(gelu(v[0])); }});
  all.push_back(
      {"gelu_twice", {{3, 5}}, [](Graph&, In v) { return weigh(gelu(v[0]) * gelu(v[0])); }});
  all.push_back({"rotate_pairs", {{4, 3, 12}}, [](Graph&, In v) {
                   return weigh(tanh(rotate_pairs(v[0], rotary_turns(4, 6, v[0].dtype(), 20))));
                 }});
  struct Sizes {
    const char* name;
    std::int64_t steps, positions, heads, reach;
  };
  for (const Sizes& sizes :
       {Sizes{"alone", 5, 5, 2, 9}, Sizes{"near", 5, 5, 3, 1}, Sizes{"memory", 3, 7, 2, 4},
        Sizes{"itself", 4, 4, 1, 0}, Sizes{"one", 1, 6, 6, 5}}) {
    const Shape asking{sizes.steps, 3, 6}, seen{sizes.positions, 3, 6};
    all.push_back({std::string("causal_attention_") + sizes.name,
                   {asking, seen, seen},
                   [sizes](Graph&, In v) {
                     return weigh(
                         tanh(causal_attention(v[0], v[1], v[2], sizes.heads, sizes.reach)));
                   }});
  }
  all.push_back({"causal_attention_of_itself", {{4, 3, 6}}, [](Graph&, In v) {
                   return weigh(tanh(causal_attention(v[0], v[0], v[0], 2, 2)));
                 }});
  all.push_back({"causal_attention_of_constants", {{4, 3, 6}}, [](Graph& g, In v) {
                   const Var x = g.constant(Tensor::full({4, 3, 6}, 0.25, v[0].dtype()));
                   return weigh(causal_attention(x, x, v[0], 2, 2)) +
                          weigh(causal_attention(x, v[0], x, 2, 2)) +
                          weigh(causal_attention(v[0], x, x, 2, 2));
                 }});
  return all;
}

class TransformerGradients : public testing::TestWithParam<Case> {};

TEST_P(TransformerGradients, AgreeWithFiniteDifferences) {
  expect_gradients_of_differences(GetParam());
}

TEST_P(TransformerGradients, AreTheSameInSinglePrecision) {
  expect_the_same_in_single_precision(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Operations, TransformerGradients, testing::ValuesIn(cases()),
                         [](const auto& each) { return each.param.name; });

TEST(TransformerFixtures, MatchPyTorch) {
  const Hdf5File file = Hdf5File::open(fixture("transformer.h5"));
  for (const DType type : {DType::f64, DType::f32}) {
    const double tolerance = type == DType::f64 ? 1e-12 : 2e-6;
    const Archive activation = file.read_all("gelu");
    Graph graph;
    const Var x = graph.input(tensor_of(activation, "x", type));
    const Var y = gelu(x);
    graph.backward(sum(y));
    expect_near(y.value(), tensor_of(activation, "y"), tolerance, "gelu");
    expect_near(graph.gradient(x), tensor_of(activation, "gradients/x"), tolerance, "gelu's");
    for (const char* name : {"whole", "near", "memory"}) {
      const Archive stored = file.read_all(std::string("attention/") + name);
      const Archive sizes = file.attributes(std::string("attention/") + name);
      Graph tape;
      const Var q = tape.input(tensor_of(stored, "queries", type));
      const Var k = tape.input(tensor_of(stored, "keys", type));
      const Var v = tape.input(tensor_of(stored, "values", type));
      const Var out = causal_attention(q, k, v, sizes.integer("heads"), sizes.integer("reach"));
      tape.backward(sum(out * tape.constant(tensor_of(stored, "upstream/y", type))));
      expect_near(out.value(), tensor_of(stored, "y"), tolerance, name);
      expect_near(tape.gradient(q), tensor_of(stored, "gradients/queries"), tolerance, name);
      expect_near(tape.gradient(k), tensor_of(stored, "gradients/keys"), tolerance, name);
      expect_near(tape.gradient(v), tensor_of(stored, "gradients/values"), tolerance, name);
    }
  }
}

TEST(CausalAttention, SeesNothingThatComesLaterOrLiesTooFarBack) {
  RandomStream random(1, "x");
  const Tensor keys = random_tensor({6, 2, 4}, random, DType::f32);
  const Tensor queries = random_tensor({3, 2, 4}, random, DType::f32);
  const auto seen = [&](const Tensor& memory) {
    Graph graph;
    const Var m = graph.constant(memory);
    return causal_attention(graph.constant(queries), m, m, 2, 2).value();
  };
  const Tensor before = seen(keys);
  for (std::int64_t changed = 0; changed < 6; ++changed) {
    const Tensor other = keys.clone();
    other[changed].fill(5);
    const Tensor after = seen(other);
    for (std::int64_t t = 0; t < 3; ++t) {  // stands at position 3 + t
      const bool sees = changed <= 3 + t && changed >= 1 + t;
      const auto same = testing::Pointwise(testing::Eq(), before[t].span<float>());
      if (sees)
        EXPECT_THAT(after[t].span<float>(), testing::Not(same)) << t << ' ' << changed;
      else
        EXPECT_THAT(after[t].span<float>(), same) << t << ' ' << changed;
    }
  }
}

TEST(CausalAttention, StepByStepIsTheSameAsAllAtOnce) {
  RandomStream random(2, "x");
  const Tensor q = random_tensor({5, 2, 6}, random), k = random_tensor({5, 2, 6}, random),
               v = random_tensor({5, 2, 6}, random);
  Graph graph;
  const Tensor all =
      causal_attention(graph.constant(q), graph.constant(k), graph.constant(v), 3, 3).value();
  for (std::int64_t t = 0; t < 5; ++t) {
    const Tensor one =
        causal_attention(graph.constant(q.slice(t, t + 1)), graph.constant(k.slice(0, t + 1)),
                         graph.constant(v.slice(0, t + 1)), 3, 3)
            .value();
    for (std::int64_t i = 0; i < one.size(); ++i)
      EXPECT_NEAR(one.data<double>()[i], all[t].data<double>()[i], 1e-15);
  }
}

TEST(RotatePairs, LeavesOnlyDistancesInProducts) {
  RandomStream random(3, "x");
  Graph graph;
  const Tensor a = random_tensor({1, 1, 8}, random), b = random_tensor({1, 1, 8}, random);
  const Tensor turns = rotary_turns(40, 8, DType::f64);
  const auto product = [&](std::int64_t i, std::int64_t j) {
    return *sum(rotate_pairs(graph.constant(a), turns.slice(i, i + 1)) *
                rotate_pairs(graph.constant(b), turns.slice(j, j + 1)))
                .value()
                .data<double>();
  };
  EXPECT_NEAR(product(3, 1), product(30, 28), 1e-12);
  EXPECT_GT(std::abs(product(3, 1) - product(3, 2)), 1e-3);
}

TEST(TransformerOperations, RefuseShapesThatDoNotFit) {
  Graph graph;
  const auto zeros = [&](const Shape& shape) { return graph.constant(Tensor::zeros(shape)); };
  EXPECT_THROW(rotary_turns(3, 5, DType::f32), std::invalid_argument);
  EXPECT_THROW(rotate_pairs(zeros({3, 2, 6}), rotary_turns(4, 6, DType::f32)),
               std::invalid_argument);
  EXPECT_THROW(rotate_pairs(zeros({3, 2, 6}), rotary_turns(3, 4, DType::f32)),
               std::invalid_argument);
  EXPECT_THROW(rotate_pairs(zeros({3, 2, 6}), rotary_turns(3, 6, DType::f64)),
               std::invalid_argument);
  const Var keys = zeros({4, 2, 6});
  EXPECT_THROW(causal_attention(zeros({5, 2, 6}), keys, keys, 2, 1), std::invalid_argument);
  EXPECT_THROW(causal_attention(zeros({3, 2, 5}), keys, keys, 2, 1), std::invalid_argument);
  EXPECT_THROW(causal_attention(zeros({3, 2, 6}), keys, zeros({3, 2, 6}), 2, 1),
               std::invalid_argument);
  EXPECT_THAT(
      [&] {
        causal_attention(zeros({3, 2, 6}), keys, keys, 4, 1);
      },
      testing::ThrowsMessage<std::invalid_argument>(
          "causal_attention: 4 heads of width 6 that reach back 1 steps"));
}

}  // namespace
}  // namespace unroll::test

// Attention against PyTorch, step by step and all at once, and with lanes of different lengths.
#include <gmock/gmock.h>

#include <unroll/autodiff/gradient_check.hpp>
#include <unroll/core/error.hpp>
#include <unroll/model/attention.hpp>
#include <unroll/results/hdf5.hpp>

#include "cells_support.hpp"
#include "paths.hpp"

namespace unroll::test {
namespace {

Tensor tensor_of(const Array& array, DType type) {
  const std::vector<double> values = as_doubles(array);
  return Tensor::of<double>(Shape(array.shape), values).to(type);
}

struct Fixture {
  std::string score;
  Archive stored = read_hdf5(test::fixture("attention.h5")).below(score);
  ParameterStore store;
  Attention attention;

  Fixture(const std::string& name, DType type)
      : score(name),
        store(1, type),
        attention({score, 8}, {stored.array("memory").shape[2], stored.array("queries").shape[2]},
                  {}, Parameters(store)) {
    store.restore(stored.below("parameters"));
  }

  Tensor tensor(const std::string& name) const { return tensor_of(stored.array(name), DType::f64); }
  std::vector<std::int32_t> lengths() const {
    return std::get<std::vector<std::int32_t>>(stored.array("lengths").values);
  }
};

class AttentionFixtures : public testing::TestWithParam<std::string> {};

TEST_P(AttentionFixtures, MatchPyTorch) {
  for (const DType type : {DType::f64, DType::f32}) {
    for (const bool at_once : {true, false}) {
      Fixture fixture(GetParam(), type);
      const double tolerance = type == DType::f64 ? 1e-12 : 2e-6;
      Graph graph;
      const Var memory = graph.input(fixture.tensor("memory").to(type));
      const Var queries = graph.input(fixture.tensor("queries").to(type));
      const Attention::Memory remembered = fixture.attention.remember(memory, fixture.lengths());
      Attention::Focus focus;
      if (at_once) {
        focus = fixture.attention.attend(queries, remembered);
      } else {
        std::vector<Var> contexts, weights;
        for (std::int64_t t = 0; t < queries.dim(0); ++t) {
          const Attention::Focus step = fixture.attention.attend(at(queries, t), remembered);
          contexts.push_back(step.context);
          weights.push_back(step.weights);
        }
        focus = {stack(contexts), stack(weights)};
      }
      EXPECT_LE(distance(focus.context.value(), fixture.tensor("context")), tolerance);
      EXPECT_LE(distance(focus.weights.value(), fixture.tensor("weights")), tolerance);
      const auto above = [&](const Var& y, const char* name) {
        return sum(y * graph.constant(fixture.tensor(name).to(type)));
      };
      graph.backward(above(focus.context, "upstream/context") +
                     above(focus.weights, "upstream/weights"));
      EXPECT_LE(distance(graph.gradient(memory), fixture.tensor("gradients/memory")), tolerance);
      EXPECT_LE(distance(graph.gradient(queries), fixture.tensor("gradients/queries")), tolerance);
      for (const Parameter* p : fixture.store.all()) {
        EXPECT_LE(distance(p->gradient(), fixture.tensor("gradients/parameters/" + p->name())),
                  tolerance)
            << p->name();
      }
    }
  }
}

TEST_P(AttentionFixtures, AgreeWithFiniteDifferences) {
  Fixture fixture(GetParam(), DType::f64);
  std::vector<Tensor> inputs{fixture.tensor("memory"), fixture.tensor("queries")};
  const std::vector<std::int32_t> lengths{6, 0, 3};
  const GradientCheck check = check_gradients(
      [&](Graph&, std::span<const Var> leaves) {
        const Attention::Memory memory = fixture.attention.remember(leaves[0], lengths);
        const Attention::Focus first = fixture.attention.attend(at(leaves[1], 0), memory);
        const Attention::Focus all = fixture.attention.attend(leaves[1], memory);
        return sum(first.context * first.context) + sum(tanh(all.context)) +
               sum(all.weights * all.weights);
      },
      inputs, fixture.store.all());
  EXPECT_TRUE(check.passed()) << check.worst << " at " << check.where;
}

TEST_P(AttentionFixtures, GiveALaneWhatItGetsAlone) {
  Fixture fixture(GetParam(), DType::f64);
  Graph graph(Graph::Mode::infer);
  const Tensor memory = fixture.tensor("memory"), queries = fixture.tensor("queries");
  const auto lengths = fixture.lengths();
  const auto context = [&](const Tensor& m, const Tensor& q, std::span<const std::int32_t> l) {
    return fixture.attention
        .attend(graph.constant(q), fixture.attention.remember(graph.constant(m), l))
        .context.value();
  };
  const Tensor batch = context(memory, queries[0], lengths);
  for (std::int64_t n = 0; n < 3; ++n) {
    const std::int64_t length = lengths[static_cast<std::size_t>(n)];
    Tensor own = Tensor::empty({length, 1, memory.dim(2)}, DType::f64);
    for (std::int64_t s = 0; s < length; ++s) own[s].copy_from(memory[s].slice(n, n + 1));
    EXPECT_LE(distance(batch.slice(n, n + 1), context(own, queries[0].slice(n, n + 1), {})), 1e-12);
  }
}

INSTANTIATE_TEST_SUITE_P(Scores, AttentionFixtures, testing::Values("dot", "general", "additive"),
                         [](const auto& each) { return each.param; });

TEST(AttentionModel, RefusesWhatDoesNotFit) {
  ParameterStore store(1);
  const Parameters parameters(store);
  const auto make = [&](const char* score) {
    return Attention({score, 0}, {4, 6}, {}, parameters.scope(score));
  };
  using testing::HasSubstr;
  EXPECT_THAT([&] { make("dot"); },
              testing::ThrowsMessage<Error>(HasSubstr("the memory is 4 and the query 6 wide")));
  EXPECT_THAT([&] { make("cosine"); },
              testing::ThrowsMessage<Error>(HasSubstr("unknown score 'cosine'")));
  const Attention attention = make("additive");
  EXPECT_EQ(store.find("additive/U")->value().shape(), (Shape{4, 6})) << "as wide as the query";
  Graph graph;
  const auto zeros = [&](const Shape& shape) { return graph.constant(Tensor::zeros(shape)); };
  EXPECT_THROW(attention.remember(zeros({5, 3, 6})), std::invalid_argument);
  const Attention::Memory memory = attention.remember(zeros({5, 3, 4}));
  EXPECT_THROW(attention.attend(zeros({3, 4}), memory), std::invalid_argument);
  EXPECT_THROW(attention.attend(zeros({2, 6}), memory), std::invalid_argument);
  const std::vector<std::int32_t> few{5, 1};
  EXPECT_THROW(attention.attend(zeros({3, 6}), attention.remember(zeros({5, 3, 4}), few)),
               std::invalid_argument);
}

}  // namespace
}  // namespace unroll::test

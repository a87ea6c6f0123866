#include <unroll/autodiff/gradient_check.hpp>
#include <unroll/core/error.hpp>
#include <unroll/model/encoder.hpp>

#include "cells_support.hpp"

namespace unroll::test {
namespace {

TEST(Encoders, IdentityGivesBackTheFeatures) {
  ParameterStore store(1);
  const auto encoder = registry().make_encoder({"identity", {}, {}}, {{5}, 5}, Parameters(store));
  Graph graph;
  const Var x = graph.constant(random_tensor({3, 5}, "x", DType::f32));
  EXPECT_EQ(distance(encoder->encode(x, nullptr).value(), x.value()), 0);
  EXPECT_EQ(store.count(), 0);
  EXPECT_THROW(registry().make_encoder({"identity", {}, {}}, {{5}, 6}, Parameters(store)), Error);
}

TEST(Encoders, MlpMatchesFiniteDifferences) {
  const Node options =
      Node::map({{"hidden", {}, Node::sequence({Node::scalar("4"), Node::scalar("6")})}});
  ParameterStore store(1, DType::f64);
  const auto encoder = registry().make_encoder({"mlp", options, {}}, {{5}, 3}, Parameters(store));
  EXPECT_EQ(store.find("layer1/W")->value().shape(), (Shape{4, 6}));
  randomise(store);
  std::vector<Tensor> inputs{random_tensor({2, 5}, "x")};
  const auto loss = [&](Graph& graph, std::span<const Var> vars) {
    const Var y = encoder->encode(vars[0], nullptr);
    return sum(y * graph.constant(random_tensor(y.shape(), "up")));
  };
  const GradientCheck check = check_gradients(loss, inputs, store.all());
  EXPECT_TRUE(check.passed()) << check.worst << " at " << check.where;
}

TEST(Encoders, MlpWithoutHiddenLayersIsAffine) {
  ParameterStore store(1);
  const Node options = Node::map({{"hidden", {}, Node::sequence({})}});
  const auto encoder = registry().make_encoder({"mlp", options, {}}, {{5}, 3}, Parameters(store));
  Graph graph;
  const Var x = graph.constant(random_tensor({2, 5}, "x", DType::f32));
  EXPECT_LE(
      distance(encoder->encode(x, nullptr).value(), matmul(x, *store.find("layer0/W")).value()),
      1e-6);
}

}  // namespace
}  // namespace unroll::test

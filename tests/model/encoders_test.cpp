#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include <unroll/autodiff/gradient_check.hpp>
#include <unroll/config/yaml.hpp>
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

PluginChoice cnn(const std::string& options) {
  Problems problems;
  const Node node = load_yaml_text("{" + options + "}", "cnn", problems);
  problems.throw_if_any();
  return {"cnn", node, {}};
}

class Cnn : public testing::TestWithParam<const char*> {};

TEST_P(Cnn, MatchesFiniteDifferencesWhileItIsTrainedAndUsed) {
  ParameterStore store(1, DType::f64);
  const auto encoder = registry().make_encoder(cnn(GetParam()), {{2, 7, 6}, 3}, Parameters(store));
  randomise(store);
  std::vector<Tensor> inputs{random_tensor({4, 2, 7, 6}, "x")};
  for (const bool trained : {true, false}) {
    const auto loss = [&](Graph& graph, std::span<const Var> vars) {
      RandomStream random(3, "dropout");
      const Var y = encoder->encode(vars[0], trained ? &random : nullptr);
      return sum(y * graph.constant(random_tensor(y.shape(), "up")));
    };
    const GradientCheck check = check_gradients(loss, inputs, store.all());
    EXPECT_TRUE(check.passed()) << check.worst << " at " << check.where;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Encoders, Cnn,
    testing::Values("channels: [3, 4]", "channels: [3, 4], pool: average, activation: tanh",
                    "channels: [3, 4], normalisation: batch, hidden: [5], dropout: 0.3",
                    "channels: [3], normalisation: layer, activation: tanh, kernel: 5",
                    "channels: [2, 3], pool: none, kernel: 1, read_out: mean, normalisation: "
                    "batch, activation: tanh",
                    "channels: []"));

TEST(Encoders, CnnKeepsItsRunningMeans) {
  const PluginChoice choice = cnn("channels: [3, 4], normalisation: batch");
  const auto made = [&](ParameterStore& store) {
    return registry().make_encoder(choice, {{1, 6, 6}, 3}, Parameters(store));
  };
  const auto answer = [](Encoder& encoder, RandomStream* random) {
    Graph graph;
    return encoder.encode(graph.constant(random_tensor({5, 1, 6, 6}, "x", DType::f32)), random)
        .value();
  };
  ParameterStore store(1), again(1);
  const auto encoder = made(store), other = made(again);
  RandomStream random(1, "dropout");
  const Tensor before = answer(*encoder, nullptr);
  answer(*encoder, &random);
  const Tensor trained = answer(*encoder, nullptr);
  EXPECT_GT(distance(trained, before), 0.01);
  EXPECT_EQ(distance(answer(*encoder, nullptr), trained), 0) << "use must not change them";
  EXPECT_EQ(distance(answer(*other, nullptr), before), 0);
  other->restore(encoder->save());
  EXPECT_EQ(distance(answer(*other, nullptr), trained), 0);
  Archive bad = encoder->save();
  bad.put("block1/mean", Array{{2}, std::vector<double>{1, 2}, {}});
  EXPECT_THROW(other->restore(bad), Error);
}

TEST(Encoders, CnnMovesPicturesWhileItTrains) {
  const auto answer = [](const char* options, const Tensor& x, bool trained) {
    ParameterStore store(1);
    const auto encoder = registry().make_encoder(cnn(options), {{2, 6, 5}, 3}, Parameters(store));
    RandomStream random(1, "dropout");
    Graph graph;
    return encoder->encode(graph.constant(x), trained ? &random : nullptr).value();
  };
  const char *still = "channels: [4]", *moving = "channels: [4], shift: 2";
  const Tensor even = Tensor::full({7, 2, 6, 5}, 0.5);
  const Tensor x = random_tensor({7, 2, 6, 5}, "x", DType::f32);
  EXPECT_EQ(distance(answer(moving, even, true), answer(still, even, true)), 0)
      << "edges are repeated";
  EXPECT_EQ(distance(answer(moving, x, false), answer(still, x, false)), 0);
  EXPECT_GT(distance(answer(moving, x, true), answer(still, x, true)), 0.01);
  EXPECT_EQ(distance(answer(moving, x, true), answer(moving, x, true)), 0) << "by its stream";
}

TEST(Encoders, CnnMirrorsHalfOfThePicturesWhileItTrains) {
  // Each answer is that to the picture as it is or that to its mirror image, and both occur.
  constexpr std::int64_t kPictures = 40;
  ParameterStore store(1);
  const auto encoder =
      registry().make_encoder(cnn("channels: [4], flip: true"), {{2, 6, 5}, 3}, Parameters(store));
  const Tensor x = random_tensor({kPictures, 2, 6, 5}, "x", DType::f32);
  Tensor mirrored = Tensor::empty(x.shape(), DType::f32);
  for (std::int64_t row = 0; row < kPictures * 2 * 6; ++row)
    std::reverse_copy(x.data<float>() + row * 5, x.data<float>() + row * 5 + 5,
                      mirrored.data<float>() + row * 5);
  const auto answer = [&](const Tensor& pictures, bool trained) {
    RandomStream random(1, "dropout");
    Graph graph;
    return encoder->encode(graph.constant(pictures), trained ? &random : nullptr).value();
  };
  const Tensor as_is = answer(x, false), turned = answer(mirrored, false), both = answer(x, true);
  int turned_ones = 0;
  for (std::int64_t n = 0; n < kPictures; ++n) {
    const auto like = [&](const Tensor& other) {
      for (std::int64_t k = 3 * n; k < 3 * n + 3; ++k)
        if (std::abs(both.data<float>()[k] - other.data<float>()[k]) > 1e-5F) return false;
      return true;
    };
    EXPECT_NE(like(as_is), like(turned)) << "picture " << n;
    turned_ones += like(turned) ? 1 : 0;
  }
  EXPECT_GT(turned_ones, kPictures / 4);
  EXPECT_LT(turned_ones, kPictures * 3 / 4);
}

TEST(Encoders, CnnRefusesWhatItCannotRead) {
  const auto refusal = [](const std::string& options, std::vector<std::int64_t> input) {
    ParameterStore store(1);
    try {
      registry().make_encoder(cnn(options), {std::move(input), 3}, Parameters(store));
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  EXPECT_THAT(refusal("", {7}), testing::HasSubstr("reads pictures [colours, rows, columns]"));
  EXPECT_THAT(refusal("kernel: 4", {3, 8, 8}), testing::HasSubstr("must be odd, not 4"));
  EXPECT_THAT(refusal("channels: [4, 4, 4]", {3, 7, 8}),
              testing::HasSubstr("pictures of 7 x 8 cannot be halved 3 times"));
  EXPECT_THAT(refusal("channels: [0]", {3, 8, 8}), testing::HasSubstr("a block of 0 channels"));
}

}  // namespace
}  // namespace unroll::test

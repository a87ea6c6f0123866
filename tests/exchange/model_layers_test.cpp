// What a run's weights are taken for, and what is refused by name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unroll/config/yaml.hpp>
#include <unroll/core/error.hpp>

#include "../../tools/exchange/keras_weights.hpp"
#include "../../tools/exchange/onnx_models.hpp"
#include "../../tools/exchange/torch_weights.hpp"

namespace unroll {
namespace {

using testing::HasSubstr;

Node yaml(const std::string& text) {
  Problems problems;
  Node node = load_yaml_text(text, "test", problems);
  problems.throw_if_any();
  return node;
}

Choice model(const std::string& text) {
  return model_choice(yaml(text));
}

/// 0, 1, 2, … in this shape.
Array array(std::vector<std::int64_t> shape, std::string gates = {}) {
  std::int64_t size = 1;
  for (const std::int64_t dim : shape) size *= dim;
  std::vector<float> values;
  for (std::int64_t i = 0; i < size; ++i) values.push_back(static_cast<float>(i));
  return {std::move(shape), std::move(values), {{"gates", std::move(gates)}}};
}

template <typename Body>
std::string refusal(Body body) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Failure::usage);
    return error.what();
  }
  return "nothing thrown";
}

TEST(ModelLayers, AreFoundByPathAndShape) {
  Archive weights;
  weights.put("decoder/recurrence/layer10/backward/W", array({2, 3}));
  weights.put("decoder/recurrence/layer10/norm/gain", array({3}));
  weights.put("decoder/output/W", array({2, 3}));
  weights.put("decoder/output/b", array({3}));
  weights.put("embedding/E", array({2, 3}));
  weights.put("learnt/block0/mean", array({3}));
  const auto layers = layers_of(weights, model("model: {seq2seq: {cell: lstm}}"), "X");
  ASSERT_EQ(layers.size(), 4U);
  EXPECT_EQ(layers[0].kind, Layer::Kind::dense);
  EXPECT_EQ(layers[1].kind, Layer::Kind::cell);
  EXPECT_EQ(layers[1].path, "decoder/recurrence");
  EXPECT_EQ(layers[1].index, 10);
  EXPECT_TRUE(layers[1].backward);
  EXPECT_EQ(layers[2].kind, Layer::Kind::norm);
  EXPECT_EQ(layers[3].kind, Layer::Kind::embedding);
}

TEST(ModelLayers, OfAnotherCellAreRefusedByName) {
  DescribedRun run;
  run.weights.put("recurrence/layer0/forward/V", array({2, 3}));
  run.config = yaml("model: {many_to_many: {cell: {mgu: {forget_bias: 1}}}}");
  const Choice mgu = model_choice(run.config);
  EXPECT_THAT(refusal([&] { to_torch(run.weights, mgu); }),
              HasSubstr("cell 'mgu' has no counterpart in PyTorch (known: rnn, lstm, gru)"));
  EXPECT_THAT(refusal([&] { to_keras(run.weights, mgu); }), HasSubstr("in Keras"));
  EXPECT_THAT(refusal([&] { to_onnx(run); }), HasSubstr("in ONNX"));
}

TEST(ModelLayers, ThatNobodyKnowsAreRefusedByName) {
  Archive weights;
  weights.put("memory/keys", array({2, 3}));
  EXPECT_THAT(refusal([&] { to_torch(weights, model("model: {mine: {}}")); }),
              HasSubstr("the weights keys at memory of model mine"));
}

TEST(ModelLayers, GatesInAnotherOrderAreBroughtIntoTheirs) {
  Archive weights;  // blocks of one column: the values say which gate each was
  weights.put("recurrence/layer0/forward/W", array({1, 4}, "o, g, f, i"));
  weights.put("recurrence/layer0/forward/U", array({1, 4}, "o, g, f, i"));
  weights.put("recurrence/layer0/forward/b", array({4}, "o, g, f, i"));
  const Choice lstm = model("model: {many_to_many: {cell: lstm}}");
  const Archive torch = to_torch(weights, lstm);
  EXPECT_EQ(numbers(torch.array("rnn.bias_ih_l0")), (std::vector<float>{3, 2, 1, 0}));
  const Archive back = from_torch(torch, weights, lstm);
  EXPECT_EQ(numbers(back.array("recurrence/layer0/forward/W")), (std::vector<float>{0, 1, 2, 3}));
  EXPECT_EQ(numbers(to_keras(weights, lstm).array("rnn/layer0/bias")),
            (std::vector<float>{3, 2, 1, 0}));
}

TEST(ModelLayers, GatesThatAreOthersAreRefused) {
  const Array weight = array({1, 3}, "z, r, n");
  EXPECT_THAT(refusal([&] {
                gate_order(weight, {"i", "f", "g"});
              }),
              HasSubstr("the cell's gates are 'z, r, n', and 'i, f, g' are expected"));
  EXPECT_EQ(gate_order(weight, {"r", "z", "n"}), (std::vector<std::size_t>{1, 0, 2}));
  EXPECT_EQ(inverse({2, 0, 1}), (std::vector<std::size_t>{1, 2, 0}));
}

}  // namespace
}  // namespace unroll

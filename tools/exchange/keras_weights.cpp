#include "keras_weights.hpp"

#include <fmt/format.h>

#include <unroll/core/error.hpp>

namespace unroll {
namespace {

using Kind = Layer::Kind;

/// The order of Keras's gates among the run's; empty where there is one block.
std::vector<std::size_t> keras_order(const Choice& cell, const Array& weight) {
  if (cell.flag("peepholes"))
    fail(Failure::usage,
         "Keras's LSTM has no peepholes; --to onnx has, --to npz writes any weights");
  if (cell.integer("projection") > 0)
    fail(Failure::usage,
         "Keras's LSTM has no projection; --to torch and --to onnx have, --to npz writes any "
         "weights");
  if (cell.name == "rnn") return {};
  if (cell.name == "lstm") return gate_order(weight, {"i", "f", "g", "o"});
  return gate_order(weight, {"z", "r", "n"});
}

/// "encoder/recurrence" -> "encoder/rnn".
std::string renamed(const std::string& path) {
  constexpr std::string_view kOurs = "recurrence";
  return path.ends_with(kOurs) ? path.substr(0, path.size() - kOurs.size()) + "rnn" : path;
}

/// [O, C, K, K] -> [K, K, C, O].
Array channels_last(const Array& kernel) {
  const auto O = static_cast<std::size_t>(kernel.shape[0]), rest = numbers(kernel).size() / O,
             C = static_cast<std::size_t>(kernel.shape[1]), pixels = rest / C;
  std::vector<float> values(numbers(kernel).size());
  for (std::size_t o = 0; o < O; ++o)
    for (std::size_t c = 0; c < C; ++c)
      for (std::size_t p = 0; p < pixels; ++p)
        values[(p * C + c) * O + o] = numbers(kernel)[(o * C + c) * pixels + p];
  return {
      {kernel.shape[2], kernel.shape[3], kernel.shape[1], kernel.shape[0]}, std::move(values), {}};
}

class KerasLayer {
 public:
  KerasLayer(const Layer& layer, const Choice& model, const Archive& weights, Archive& tensors)
      : layer_(layer), model_(model), weights_(weights), tensors_(tensors) {}

  void convert() {
    switch (layer_.kind) {
      case Kind::embedding:
        return put("embeddings", ours("E"));
      case Kind::dense:
        put("kernel", ours("W"));
        return put("bias", ours("b"));
      case Kind::tied:
        put("kernel", transposed(weights_.array(tied_table())));
        return put("bias", ours("b"));
      case Kind::norm:
        place_ = renamed(layer_.path);
        place_ = fmt::format("{}norm/layer{}", place_.substr(0, place_.size() - 3), layer_.index);
        put("gamma", ours("gain"));
        return put("beta", ours("bias"));
      case Kind::attention:
        return attention();
      case Kind::convolution:
        return convolution();
      case Kind::cell:
        return cell();
    }
  }

 private:
  const Array& ours(const std::string& name) const {
    return weights_.array(layer_.weights + "/" + name);
  }
  bool has(const std::string& name) const { return weights_.has(layer_.weights + "/" + name); }
  void put(const std::string& name, const Array& array) {
    tensors_.put(place_ + "/" + name, Array{array.shape, array.values, {}});
  }
  std::string tied_table() const {
    const std::size_t slash = layer_.path.rfind('/');
    return (slash == std::string::npos ? "" : layer_.path.substr(0, slash + 1)) + "embedding/E";
  }

  void attention() {
    if (!has("v")) return put("memory/kernel", ours("W"));
    put("query/kernel", ours("W"));
    put("memory/kernel", ours("U"));
    put("score/kernel", Array{{ours("v").shape[0], 1}, ours("v").values, {}});
  }

  void convolution() {
    put("conv/kernel", channels_last(ours("W")));
    if (!has("gain")) return put("conv/bias", ours("b"));
    put("norm/gamma", ours("gain"));
    put("norm/beta", ours("b"));
    const std::string learnt = "learnt/" + layer_.path.substr(layer_.path.rfind('/') + 1);
    if (!weights_.has(learnt + "/mean")) return;
    for (const char* name : {"mean", "variance"}) {
      const Array& exact = weights_.array(learnt + "/" + name);
      const auto& values = std::get<std::vector<double>>(exact.values);
      std::vector<float> rounded;
      for (const double value : values) rounded.push_back(static_cast<float>(value));
      put(std::string("norm/moving_") + name, Array{exact.shape, std::move(rounded), {}});
    }
  }

  void cell() {
    const auto order = keras_order(model_.choice("cell"), ours("W"));
    const auto blocks = [&](const Array& array) {
      return order.empty() ? array : with_blocks(array, order);
    };
    const bool both = stack_at(weights_, layer_.path).directions == 2;
    place_ = fmt::format("{}/layer{}", renamed(layer_.path), layer_.index);
    if (both) place_ += layer_.backward ? "/backward" : "/forward";
    put("kernel", blocks(ours("W")));
    put("recurrent_kernel", blocks(ours("U")));
    const Array b = blocks(ours("b"));
    if (!has("bn")) return put("bias", b);
    std::vector<float> values = numbers(b);
    const std::vector<float>& bn = numbers(ours("bn"));
    values.resize(2 * values.size() - bn.size(), 0.0F);
    values.insert(values.end(), bn.begin(), bn.end());
    put("bias", Array{{2, b.shape[0]}, std::move(values), {}});
  }

  const Layer& layer_;
  const Choice& model_;
  const Archive& weights_;
  Archive& tensors_;
  std::string place_ = layer_.path;
};

}  // namespace

Archive to_keras(const Archive& weights, const Choice& model) {
  Archive tensors;
  for (const Layer& layer : layers_of(weights, model, "Keras"))
    KerasLayer(layer, model, weights, tensors).convert();
  return tensors;
}

}  // namespace unroll

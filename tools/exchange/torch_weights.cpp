#include "torch_weights.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <unroll/core/error.hpp>

namespace unroll {
namespace {

using Kind = Layer::Kind;

struct CellGates {
  const char* cell;
  std::vector<std::string> order;  ///< PyTorch's, in the letters of the run's `gates`
};

const CellGates kCells[] = {{"lstm", {"i", "f", "g", "o"}}, {"gru", {"r", "z", "n"}}, {"rnn", {}}};

/// The order in which PyTorch's gates stand in the run's weights; empty where there is one block.
std::vector<std::size_t> torch_order(const Choice& cell, const Array& weight) {
  const auto* known =
      std::ranges::find_if(kCells, [&](const CellGates& gates) { return cell.name == gates.cell; });
  if (cell.flag("peepholes"))
    fail(Failure::usage,
         "PyTorch's nn.LSTM has no peepholes; --to onnx has, --to npz writes any "
         "weights");
  if (cell.text("reset") == "before")
    fail(Failure::usage,
         "PyTorch's nn.GRU resets after the product (reset: after), this run before it; --to onnx "
         "and --to keras have that, --to npz writes any weights");
  return known->order.empty() ? std::vector<std::size_t>() : gate_order(weight, known->order);
}

Array blocks(const Array& array, const std::vector<std::size_t>& order) {
  return order.empty() ? Array{array.shape, array.values, {}} : with_blocks(array, order);
}

Array zeros(std::int64_t size) {
  return {{size}, std::vector<float>(static_cast<std::size_t>(size), 0.0F), {}};
}

std::string dotted(const std::string& path) {
  std::string name;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t slash = std::min(path.find('/', begin), path.size());
    const std::string word = path.substr(begin, slash - begin);
    name += (name.empty() ? "" : ".") + (word == "recurrence" ? std::string("rnn") : word);
    begin = slash + 1;
  }
  return name;
}

/// Names and conversions of one layer; both directions stand beside each other.
class TorchLayer {
 public:
  TorchLayer(const Layer& layer, const Choice& model)
      : layer_(layer),
        cell_(model.choice("cell")),
        apart_(model.flag("layer_norm") || model.flag("residual")),
        module_(dotted(layer.path)) {}

  void to(const Archive& weights, Archive& tensors) const;
  void from(const Archive& tensors, const Archive& like, Archive& weights) const;

 private:
  std::string ours(const char* name) const { return layer_.weights + "/" + name; }
  std::string theirs(const std::string& name) const { return module_ + "." + name; }
  std::string in_stack(const char* name) const {
    const std::string suffix = layer_.backward ? "_reverse" : "";
    if (apart_) return fmt::format("{}.{}.{}_l0{}", module_, layer_.index, name, suffix);
    return fmt::format("{}.{}_l{}{}", module_, name, layer_.index, suffix);
  }
  std::string norm(const char* name) const {  // beside the recurrence
    return fmt::format("{}norm.{}.{}", module_.substr(0, module_.size() - 3), layer_.index, name);
  }
  /// The embedding that a tied output shares.
  std::string tied_table() const {
    const std::size_t slash = layer_.path.rfind('/');
    return slash == std::string::npos ? "embedding" : layer_.path.substr(0, slash) + "/embedding";
  }
  /// Where the means of a normalised convolution are kept.
  std::string learnt(const char* name) const {
    return "learnt/" + layer_.path.substr(layer_.path.rfind('/') + 1) + "/" + name;
  }

  void cell_to(const Archive& weights, Archive& tensors) const;
  void cell_from(const Archive& tensors, const Archive& like, Archive& weights) const;
  void convolution_to(const Archive& weights, Archive& tensors) const;
  void convolution_from(const Archive& tensors, const Archive& like, Archive& weights) const;

  const Layer& layer_;
  Choice cell_;
  bool apart_;  ///< are the layers of a recurrence modules of their own?
  std::string module_;
};

void TorchLayer::cell_to(const Archive& weights, Archive& tensors) const {
  const Array &W = weights.array(ours("W")), &U = weights.array(ours("U")),
              &b = weights.array(ours("b"));
  const auto order = torch_order(cell_, W);
  tensors.put(in_stack("weight_ih"), transposed(blocks(W, order)));
  tensors.put(in_stack("weight_hh"), transposed(blocks(U, order)));
  tensors.put(in_stack("bias_ih"), blocks(b, order));
  Array recurrent = zeros(b.shape[0]);
  if (weights.has(ours("bn"))) {
    const std::vector<float>& bn = numbers(weights.array(ours("bn")));
    auto& values = std::get<std::vector<float>>(recurrent.values);
    std::ranges::copy(bn, values.end() - std::ssize(bn));
  }
  tensors.put(in_stack("bias_hh"), std::move(recurrent));
  if (weights.has(ours("R")))
    tensors.put(in_stack("weight_hr"), transposed(weights.array(ours("R"))));
}

void TorchLayer::cell_from(const Archive& tensors, const Archive& like, Archive& weights) const {
  const auto order = torch_order(cell_, like.array(ours("W")));
  const auto back = order.empty() ? order : inverse(order);
  weights.put(ours("W"), blocks(transposed(tensors.array(in_stack("weight_ih"))), back));
  weights.put(ours("U"), blocks(transposed(tensors.array(in_stack("weight_hh"))), back));
  std::vector<float> sum = numbers(tensors.array(in_stack("bias_ih")));
  const std::vector<float>& recurrent = numbers(tensors.array(in_stack("bias_hh")));
  const bool apart = like.has(ours("bn"));  // of a GRU the last block of the two is not summed
  const std::size_t summed = apart ? sum.size() / 3 * 2 : sum.size();
  for (std::size_t i = 0; i < summed; ++i)
    if (recurrent[i] != 0) sum[i] += recurrent[i];  // -0 + 0 would be +0
  if (apart) {
    const auto last = static_cast<std::ptrdiff_t>(summed);
    weights.put(ours("bn"), Array{like.array(ours("bn")).shape,
                                  std::vector<float>(recurrent.begin() + last, recurrent.end()),
                                  {}});
  }
  const std::vector<std::int64_t> shape = like.array(ours("b")).shape;
  weights.put(ours("b"), blocks(Array{shape, std::move(sum), {}}, back));
  if (like.has(ours("R"))) weights.put(ours("R"), transposed(tensors.array(in_stack("weight_hr"))));
}

void TorchLayer::convolution_to(const Archive& weights, Archive& tensors) const {
  tensors.put(theirs("conv.weight"), Array(weights.array(ours("W"))));
  if (!weights.has(ours("gain"))) {
    tensors.put(theirs("conv.bias"), Array(weights.array(ours("b"))));
    return;
  }
  tensors.put(theirs("norm.weight"), Array(weights.array(ours("gain"))));
  tensors.put(theirs("norm.bias"), Array(weights.array(ours("b"))));
  if (!weights.has(learnt("mean"))) return;
  for (const auto& [name, kept] :
       {std::pair("norm.running_mean", "mean"), std::pair("norm.running_var", "variance")}) {
    const Array& exact = weights.array(learnt(kept));
    std::vector<float> values;
    for (const double value : std::get<std::vector<double>>(exact.values))
      values.push_back(static_cast<float>(value));
    tensors.put(theirs(name), Array{exact.shape, std::move(values), {}});
  }
}

void TorchLayer::convolution_from(const Archive& tensors, const Archive& like,
                                  Archive& weights) const {
  weights.put(ours("W"), Array(tensors.array(theirs("conv.weight"))));
  if (!like.has(ours("gain"))) {
    weights.put(ours("b"), Array(tensors.array(theirs("conv.bias"))));
    return;
  }
  weights.put(ours("gain"), Array(tensors.array(theirs("norm.weight"))));
  weights.put(ours("b"), Array(tensors.array(theirs("norm.bias"))));
  if (!like.has(learnt("mean"))) return;
  for (const auto& [name, kept] :
       {std::pair("norm.running_mean", "mean"), std::pair("norm.running_var", "variance")}) {
    const Array& given = tensors.array(theirs(name));
    const std::vector<float>& values = numbers(given);
    weights.put(learnt(kept), Array{given.shape, std::vector<double>(values.begin(), values.end()),
                                    like.array(learnt(kept)).attributes});
  }
}

void TorchLayer::to(const Archive& weights, Archive& tensors) const {
  const auto plain = [&](const std::string& name) {
    const Array& array = weights.array(name);
    return Array{array.shape, array.values, {}};
  };
  switch (layer_.kind) {
    case Kind::embedding:
      tensors.put(theirs("weight"), plain(ours("E")));
      break;
    case Kind::dense:
      tensors.put(theirs("weight"), transposed(weights.array(ours("W"))));
      tensors.put(theirs("bias"), plain(ours("b")));
      break;
    case Kind::tied:
      tensors.put(theirs("weight"), plain(tied_table() + "/E"));
      tensors.put(theirs("bias"), plain(ours("b")));
      break;
    case Kind::norm:
      tensors.put(norm("weight"), plain(ours("gain")));
      tensors.put(norm("bias"), plain(ours("bias")));
      break;
    case Kind::attention:
      if (!weights.has(ours("v"))) {  // general: the memory is brought to the query's width
        tensors.put(theirs("memory.weight"), transposed(weights.array(ours("W"))));
        break;
      }
      tensors.put(theirs("query.weight"), transposed(weights.array(ours("W"))));
      tensors.put(theirs("memory.weight"), transposed(weights.array(ours("U"))));
      tensors.put(
          theirs("score.weight"),
          Array{{1, weights.array(ours("v")).shape[0]}, weights.array(ours("v")).values, {}});
      break;
    case Kind::convolution:
      convolution_to(weights, tensors);
      break;
    case Kind::cell:
      cell_to(weights, tensors);
      break;
  }
}

void TorchLayer::from(const Archive& tensors, const Archive& like, Archive& weights) const {
  const auto put = [&](const char* name, Array array) {
    array.shape = like.array(ours(name)).shape;
    weights.put(ours(name), std::move(array));
  };
  switch (layer_.kind) {
    case Kind::embedding:
      put("E", tensors.array(theirs("weight")));
      break;
    case Kind::dense:
      put("W", transposed(tensors.array(theirs("weight"))));
      put("b", tensors.array(theirs("bias")));
      break;
    case Kind::tied:
      if (tensors.array(theirs("weight")).values !=
          tensors.array(dotted(tied_table()) + ".weight").values)
        fail(Failure::usage,
             "{} and {} differ, and in this model they are one (tied: true); take an experiment "
             "without tied",
             theirs("weight"), dotted(tied_table()) + ".weight");
      put("b", tensors.array(theirs("bias")));
      break;
    case Kind::norm:
      put("gain", tensors.array(norm("weight")));
      put("bias", tensors.array(norm("bias")));
      break;
    case Kind::attention:
      if (!like.has(ours("v"))) {
        put("W", transposed(tensors.array(theirs("memory.weight"))));
        break;
      }
      put("W", transposed(tensors.array(theirs("query.weight"))));
      put("U", transposed(tensors.array(theirs("memory.weight"))));
      put("v", tensors.array(theirs("score.weight")));
      break;
    case Kind::convolution:
      convolution_from(tensors, like, weights);
      break;
    case Kind::cell:
      cell_from(tensors, like, weights);
      break;
  }
}

}  // namespace

Archive to_torch(const Archive& weights, const Choice& model) {
  Archive tensors;
  for (const Layer& layer : layers_of(weights, model, "PyTorch"))
    TorchLayer(layer, model).to(weights, tensors);
  return tensors;
}

Archive from_torch(const Archive& tensors, const Archive& like, const Choice& model) {
  Archive weights;
  for (const Layer& layer : layers_of(like, model, "PyTorch"))
    TorchLayer(layer, model).from(tensors, like, weights);
  Archive result;
  for (const auto& [name, array] : weights.entries()) {
    Array same = array;
    same.attributes = like.array(name).attributes;
    result.put(name, std::move(same));
  }
  return result;
}

}  // namespace unroll

#include "model_layers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>

#include <unroll/config/scalar.hpp>
#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>

namespace unroll {
namespace {

using Names = std::set<std::string>;

/// "a/b/c" -> "a/b" and "c".
std::pair<std::string, std::string> parent_and_leaf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

/// "layer12" -> 12.
std::optional<std::int64_t> layer_number(std::string_view name) {
  constexpr std::string_view kLayer = "layer";
  if (!name.starts_with(kLayer)) return std::nullopt;
  name.remove_prefix(kLayer.size());
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

/// Of recurrence/layerN/forward, …/backward or …/norm.
std::optional<Layer> recurrent(const std::string& group) {
  const auto [layer_path, place] = parent_and_leaf(group);
  const auto [recurrence, layer_name] = parent_and_leaf(layer_path);
  const auto number = layer_number(layer_name);
  if (!number || parent_and_leaf(recurrence).second != "recurrence") return std::nullopt;
  if (place == "norm") return Layer{Layer::Kind::norm, recurrence, group, *number, false};
  if (place != "forward" && place != "backward") return std::nullopt;
  return Layer{Layer::Kind::cell, recurrence, group, *number, place == "backward"};
}

std::optional<Layer> layer_of(const std::string& group, const Names& names,
                              const Archive& weights) {
  if (auto found = recurrent(group)) return found;
  const auto plain = [&](Layer::Kind kind) { return Layer{kind, group, group, 0, false}; };
  const auto rank = [&](const char* name) {
    return weights.array(group + "/" + name).shape.size();
  };
  if (names == Names{"E"}) return plain(Layer::Kind::embedding);
  if (names == Names{"b"}) return plain(Layer::Kind::tied);
  if (names == Names{"W", "b"} && rank("W") == 2) return plain(Layer::Kind::dense);
  if ((names == Names{"W", "b"} || names == Names{"W", "b", "gain"}) && rank("W") == 4)
    return plain(Layer::Kind::convolution);
  if (names == Names{"W"} || names == Names{"U", "W", "v"}) return plain(Layer::Kind::attention);
  return std::nullopt;
}

const Node* scalar_of(const Node& options, std::string_view name) {
  const Node* found = options.find(name);
  return found != nullptr && found->is_scalar() ? found : nullptr;
}

}  // namespace

Choice Choice::of(const Node* node) {
  if (node == nullptr) return {};
  if (node->is_scalar()) return {node->text(), {}};
  if (node->is_map() && node->entries().size() == 1)
    return {node->entries().front().key, node->entries().front().value};
  return {};
}

bool Choice::flag(std::string_view option) const {
  const Node* found = scalar_of(options, option);
  return found != nullptr && parse_boolean(found->text()).value.value_or(false);
}

std::int64_t Choice::integer(std::string_view option) const {
  const Node* found = scalar_of(options, option);
  return found == nullptr ? 0 : parse_integer(found->text()).value.value_or(0);
}

std::string Choice::text(std::string_view option) const {
  const Node* found = scalar_of(options, option);
  return found == nullptr ? std::string() : found->text();
}

Choice model_choice(const Node& config) {
  return Choice::of(config.find("model"));
}

std::vector<Layer> layers_of(const Archive& weights, const Choice& model, const char* program) {
  std::map<std::string, Names> groups;
  for (const auto& [name, array] : weights.entries()) {
    if (name.starts_with("learnt/")) continue;
    const auto [group, leaf] = parent_and_leaf(name);
    groups[group].insert(leaf);
  }
  if (groups.empty()) fail(Failure::usage, "model {} has no weights, it only counts", model.name);
  std::vector<Layer> layers;
  for (const auto& [group, names] : groups) {
    const auto found = layer_of(group, names, weights);
    if (!found) {
      std::vector<std::string> list(names.begin(), names.end());
      fail(Failure::usage,
           "the weights {} at {} of model {} are no layer that other frameworks have; --to npz "
           "writes any weights",
           join(list), group.empty() ? "the top" : group, model.name);
    }
    const std::string cell = model.choice("cell").name;
    if (found->kind == Layer::Kind::cell && cell != "rnn" && cell != "lstm" && cell != "gru")
      fail(
          Failure::usage,
          "cell '{}' has no counterpart in {} (known: rnn, lstm, gru); --to npz writes any weights",
          cell, program);
    layers.push_back(*found);
  }
  return layers;
}

Stack stack_at(const Archive& weights, const std::string& path) {
  Stack stack;
  const auto has = [&](const std::string& place) { return weights.has(path + place + "/W"); };
  while (has(fmt::format("/layer{}/forward", stack.layers))) ++stack.layers;
  stack.directions = has("/layer0/backward") ? 2 : 1;
  return stack;
}

const std::vector<float>& numbers(const Array& array) {
  const auto* values = std::get_if<std::vector<float>>(&array.values);
  if (values == nullptr) fail(Failure::data, "a weight of the run does not hold float32 numbers");
  return *values;
}

Array transposed(const Array& matrix) {
  const auto rows = static_cast<std::size_t>(matrix.shape.at(0));
  const auto columns = static_cast<std::size_t>(matrix.shape.at(1));
  const std::vector<float>& from = numbers(matrix);
  std::vector<float> to(from.size());
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < columns; ++c) to[c * rows + r] = from[r * columns + c];
  return {{matrix.shape[1], matrix.shape[0]}, std::move(to), {}};
}

Array with_blocks(const Array& array, const std::vector<std::size_t>& order) {
  const std::vector<float>& from = numbers(array);
  const auto width = static_cast<std::size_t>(array.shape.back());
  const std::size_t block = width / order.size();
  std::vector<float> to(from.size());
  for (std::size_t begin = 0; begin < from.size(); begin += width)
    for (std::size_t i = 0; i < order.size(); ++i)
      std::copy_n(&from[begin + order[i] * block], block, &to[begin + i * block]);
  return {array.shape, std::move(to), {}};
}

std::vector<std::size_t> gate_order(const Array& weight, const std::vector<std::string>& wanted) {
  const auto attribute = weight.attributes.find("gates");
  const std::string there = attribute == weight.attributes.end() ? "" : attribute->second;
  std::vector<std::string> gates;
  for (std::size_t begin = 0; begin < there.size();) {
    const std::size_t comma = std::min(there.find(", ", begin), there.size());
    gates.push_back(there.substr(begin, comma - begin));
    begin = comma + 2;
  }
  std::vector<std::size_t> order;
  for (const std::string& gate : wanted) {
    const auto found = std::ranges::find(gates, gate);
    if (found != gates.end()) order.push_back(static_cast<std::size_t>(found - gates.begin()));
  }
  if (order.size() != wanted.size() || gates.size() != wanted.size())
    fail(Failure::usage, "the cell's gates are '{}', and '{}' are expected", there, join(wanted));
  return order;
}

std::vector<std::size_t> inverse(const std::vector<std::size_t>& order) {
  std::vector<std::size_t> result(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) result[order[i]] = i;
  return result;
}

}  // namespace unroll

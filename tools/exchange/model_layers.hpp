// Model layers: the weights of a run taken apart into layers that other frameworks have as well.
//
// A run's file says of each weight where it belongs (its path), what its axes count and in which
// order its gates stand; its configuration says which cell is unrolled. That is all that is used
// here: which plugins made the run does not matter. As with any file format, the layers that can be
// told to others are known by name: the cells rnn, lstm and gru, embeddings, dense layers,
// convolutions, normalisations, attention.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <unroll/config/node.hpp>
#include <unroll/core/archive.hpp>

namespace unroll {

/// A plugin that the configuration chose, and its options.
struct Choice {
  std::string name;
  Node options;

  /// `name: {…}` or a bare name; an empty choice of anything else.
  static Choice of(const Node* node);

  bool flag(std::string_view option) const;             ///< false where it is missing
  std::int64_t integer(std::string_view option) const;  ///< 0 where it is missing
  std::string text(std::string_view option) const;      ///< empty where it is missing
  Choice choice(std::string_view option) const { return of(options.find(option)); }
};

/// `model:` of an experiment as run.
Choice model_choice(const Node& config);

struct Layer {
  enum class Kind {
    embedding,    ///< E [rows, width]
    dense,        ///< W [input, output] and b [output]
    tied,         ///< b [rows] of an output whose weights are the embedding beside it
    convolution,  ///< W [output, input, rows, columns], b, and if it is normalised `gain`
    cell,         ///< of one layer and direction of a recurrence: W, U, b and what the cell has
    norm,         ///< gain and bias of a recurrence's layer
    attention,    ///< W; of additive scores U and v besides
  };
  Kind kind{};
  std::string path;     ///< of the layer; of `cell` and `norm` that of the recurrence
  std::string weights;  ///< what the names of its weights begin with, "recurrence/layer0/forward"
  std::int64_t index = 0;  ///< of the recurrence's layer
  bool backward = false;   ///< its direction
};

/// All layers in the order of their paths, to be told to a program such as "PyTorch". Throws
/// Error(usage), naming weights and model, where some belong to none of these layers, where there
/// are none, or where the cell is none of the three.
std::vector<Layer> layers_of(const Archive& weights, const Choice& model, const char* program);

/// How many layers and directions the recurrence at `path` has.
struct Stack {
  std::int64_t layers = 0, directions = 0;
};
Stack stack_at(const Archive& weights, const std::string& path);

/// The numbers of a weight. Throws Error(data) if they are no float32.
const std::vector<float>& numbers(const Array& array);
/// A matrix with rows and columns exchanged.
Array transposed(const Array& matrix);
/// `array` with the equal blocks of its last axis in another order: block i becomes that which
/// stood at order[i].
Array with_blocks(const Array& array, const std::vector<std::size_t>& order);
/// Where each of the wanted gates, "i", "f", stands in the weight's `gates`. Throws Error(usage) if
/// the two are not the same gates.
std::vector<std::size_t> gate_order(const Array& weight, const std::vector<std::string>& wanted);
/// The inverse of an order.
std::vector<std::size_t> inverse(const std::vector<std::size_t>& order);

}  // namespace unroll

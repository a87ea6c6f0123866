// Reverse-mode automatic differentiation over a tape (Griewank and Walther 2008, chapter 3).
//
//   Graph graph;                            // one per training step, reused with clear()
//   Var y = tanh(matmul(graph.input(x), weights) + bias);
//   graph.backward(sum(y));                 // parameters now hold their gradients
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include <unroll/autodiff/parameter.hpp>
#include <unroll/autodiff/precision.hpp>
#include <unroll/tensor/tensor.hpp>

namespace unroll {

class Graph;

/// Who looks on while things are computed on a tape. What is told to whom is for those who compute
/// it to say: RecurrenceProbe hears of the steps of recurrences.
class GraphObserver {
 public:
  virtual ~GraphObserver() = default;
};

/// Told of each parameter of the tape, while it runs backwards, as soon as its gradient is whole.
class GradientListener {
 public:
  virtual ~GradientListener() = default;
  virtual void ready(Parameter& parameter) = 0;
};

/// A tensor on the tape: a light handle, valid until its graph is cleared.
///
/// A Var may also stand for a Parameter that is not on any tape yet: operations put it there, so
/// that `matmul(x, W)` reads as in the paper.
class Var {
 public:
  Var() = default;
  Var(Parameter& parameter) noexcept : parameter_(&parameter) {}  // NOLINT: implicit on purpose

  bool defined() const noexcept { return graph_ != nullptr || parameter_ != nullptr; }
  const Tensor& value() const;
  const Shape& shape() const;
  std::int64_t dim(int index) const { return shape().dim(index); }
  DType dtype() const;
  /// The tape, or nullptr for a parameter that is not on one yet.
  Graph* graph() const noexcept { return graph_; }

 private:
  friend class Graph;
  Var(Graph* graph, std::int32_t index) : graph_(graph), index_(index) {}

  Graph* graph_ = nullptr;
  Parameter* parameter_ = nullptr;
  std::int32_t index_ = -1;
};

/// What a backward function works with. Output k's gradient is defined only if something
/// downstream depended on it. Finish with the gradient of one input before asking for that of the
/// next: both may be the same Var.
class Backward {
 public:
  /// Gradient of the loss with respect to output k; undefined Tensor if nothing used it.
  const Tensor& output_gradient(int k = 0) const;
  /// Does anything need the gradient of input k?
  bool wants(int k) const;
  const Shape& input_shape(int k) const;
  /// The gradient of input k to add to. Zero-filled on first use.
  Tensor& input_gradient(int k);
  /// The same without zero-filling: `fresh` tells whether to overwrite instead of add.
  Tensor& input_gradient(int k, bool& fresh);
  /// Adds `gradient` (of as many elements as input k) to the gradient of input k if that is
  /// wanted; shares its memory instead of copying where it is the first to arrive.
  void pass(int k, const Tensor& gradient);

 private:
  friend class Graph;
  Backward(Graph& graph, std::int32_t op) : graph_(graph), op_(op) {}
  std::int32_t input_node(int k) const;

  Graph& graph_;
  std::int32_t op_;
};

/// The tape. Not thread safe; operations parallelise inside themselves.
class Graph {
 public:
  enum class Mode { record, infer };

  explicit Graph(Mode mode = Mode::record);
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  bool recording() const noexcept { return mode_ == Mode::record; }
  /// Of the products of float32 operands put on the tape from now on, forward and backward.
  void set_precision(Precision precision) noexcept { precision_ = precision; }
  Precision precision() const noexcept { return precision_; }
  /// Somebody looks on from now on, until `nullptr`; it must outlive that.
  void show_to(GraphObserver* observer) noexcept { observer_ = observer; }
  GraphObserver* observer() const noexcept { return observer_; }
  /// From now on this tape records a share of a batch's lanes, beside tapes of the other shares in
  /// other threads (ops_lanes.hpp). The gradients of parameters stay on it, for `share_gradient`.
  void become_share() noexcept { share_ = true; }
  /// An empty tape for a share of this one's lanes, and back: its memory is kept for the next one.
  std::unique_ptr<Graph> take_share();
  void give_share(std::unique_ptr<Graph> share);
  /// For operations that look across the lanes or draw at random: throws std::logic_error on the
  /// tape of a share.
  void require_whole_batch(std::string_view operation) const;
  /// Forgets everything on the tape. Memory is kept for the next step.
  void clear();

  /// A leaf without a gradient.
  Var constant(Tensor value);
  /// A leaf whose gradient is kept: read it with `gradient` after `backward`.
  Var input(Tensor value);
  /// The leaf of a parameter; its gradient is added to `parameter.gradient()`.
  Var use(Parameter& parameter);
  /// One-hot rows [..., classes] of ids [...] (i32), never stored: `matmul` gathers rows of the
  /// other operand instead, and everything else fills it in on demand. Ids outside
  /// 0 … classes-1 are all-zero rows.
  Var one_hot(Tensor ids, std::int64_t classes, DType type = DType::f32);
  /// The ids behind a one_hot leaf, or an undefined Tensor.
  Tensor ids_of(Var var) const;

  /// Runs the tape backwards from a scalar. `seed` is the gradient of the scalar itself.
  void backward(Var loss, double seed = 1.0, GradientListener* listener = nullptr);
  /// The gradient of an `input` leaf, of a parameter or of a `watch`ed Var; zeros if the loss does
  /// not depend on it. Other gradients are given back as soon as they have been used.
  Tensor gradient(Var var) const;
  /// Keeps the gradient of this Var for `gradient`.
  void watch(Var var);

  /// Nodes on the tape, which are numbered in the order in which they came.
  std::int32_t size() const noexcept { return node_count_; }
  /// Only backward functions read the values of nodes from `since` on from now on, what they have
  /// captured, and everybody those of parameters and of `kept`: gives the memory of all others
  /// back.
  void drop_values(std::int32_t since, std::span<const Var> kept);

  /// Will backward reach this Var?
  bool needs_gradient(const Var& var);
  /// The same Var, or the leaf here of the parameter that it stands for.
  Var on_tape(const Var& var);
  /// Those that a gradient may reach, in the order of their first use.
  std::vector<Parameter*> used_parameters() const;
  /// The gradient of a parameter on the tape of a share; undefined if none arrived.
  Tensor share_gradient(Parameter& parameter);

  /// Where operations keep a parameter's value in other layouts, W and W transposed, while the tape
  /// lasts; null for a Var that stands for no parameter.
  std::array<Tensor, 2>* layouts_of(Var var);

  /// Puts an operation on the tape. `backward(Backward&)` is called at most once; what it
  /// captures lives on the tape's arena. In infer mode it is dropped at once.
  template <typename Function>
  Var emit(Tensor value, std::initializer_list<Var> inputs, Function backward) {
    return emit(std::move(value), std::span<const Var>(inputs.begin(), inputs.size()),
                std::move(backward));
  }
  template <typename Function>
  Var emit(Tensor value, std::span<const Var> inputs, Function backward) {
    const std::int32_t first = put({&value, 1}, inputs);
    attach(first, std::move(backward));
    return {this, first};
  }
  /// An operation with several outputs.
  template <typename Function>
  std::vector<Var> emit_many(std::span<const Tensor> values, std::span<const Var> inputs,
                             Function backward) {
    const std::int32_t first = put(values, inputs);
    attach(first, std::move(backward));
    return outputs(first, values.size());
  }

  /// The graph that these operands are on; puts parameters there. Throws if there is none.
  static Graph& of(std::initializer_list<const Var*> operands);

 private:
  friend class Backward;
  friend class Var;

  /// A leaf or an output of an operation.
  struct Node {
    Tensor value;     ///< only its shape and type for a one-hot leaf that nobody looked into
    Tensor gradient;  ///< undefined until something flows back; of parameters only in a share
    Tensor ids;       ///< of a one-hot leaf
    Parameter* parameter = nullptr;
    std::int32_t op = -1;
    bool needs_gradient = false;
    bool keeps_gradient = false;
    bool used = false;  ///< a parameter that an operation read
  };
  struct Op {
    std::int32_t first_input, inputs;    ///< in `inputs_`
    std::int32_t first_output, outputs;  ///< consecutive nodes
    void* closure;
    void (*run)(void* closure, Backward& backward);
    void (*destroy)(void* closure) noexcept;
  };
  /// The first operation that read a parameter: the last to add to its gradient.
  struct FirstUse {
    std::int32_t op;
    Parameter* parameter;
  };
  struct Leaf {
    std::uint64_t generation;
    std::int32_t node;
    std::array<Tensor, 2> layouts;
  };

  Node& node(std::int32_t index) const {
    return nodes_[static_cast<std::size_t>(index >> kChunkBits)]
                 [static_cast<std::size_t>(index & (kChunk - 1))];
  }
  /// Appends a node and returns its index.
  std::int32_t add_node(Tensor value);
  std::int32_t resolve(const Var& var);
  const Tensor& value_of(std::int32_t index) const;
  /// Appends the outputs and, if a gradient may flow through, an operation; the first output.
  std::int32_t put(std::span<const Tensor> values, std::span<const Var> inputs);
  std::vector<Var> outputs(std::int32_t first, std::size_t count);
  /// Is this node's gradient its parameter's own?
  bool adds_to_parameter(const Node& node) const noexcept {
    return node.parameter != nullptr && !share_;
  }
  void* allocate(std::size_t bytes, std::size_t alignment);
  void finish(Op& op) noexcept;

  template <typename Function>
  void attach(std::int32_t output, Function&& backward) {
    using Closure = std::decay_t<Function>;
    const std::int32_t index = node(output).op;
    if (index < 0) return;
    Op& op = ops_[static_cast<std::size_t>(index)];
    op.closure =
        new (allocate(sizeof(Closure), alignof(Closure))) Closure(std::forward<Function>(backward));
    op.run = [](void* closure, Backward& b) { (*static_cast<Closure*>(closure))(b); };
    op.destroy = [](void* closure) noexcept { static_cast<Closure*>(closure)->~Closure(); };
  }

  static constexpr int kChunkBits = 8;
  static constexpr std::int32_t kChunk = 1 << kChunkBits;
  static constexpr std::size_t kArenaBytes = std::size_t{1} << 16;

  Mode mode_;
  Precision precision_ = Precision::f32;
  GraphObserver* observer_ = nullptr;
  bool ran_backward_ = false;
  bool share_ = false;
  std::uint64_t generation_ = 1;
  std::int32_t node_count_ = 0;
  std::vector<std::unique_ptr<Node[]>> nodes_;  // in chunks, so that addresses are stable
  std::vector<Op> ops_;
  std::vector<std::int32_t> inputs_;
  std::vector<FirstUse> first_uses_;  ///< in the order of the operations
  std::unordered_map<const Parameter*, Leaf> leaves_;
  std::vector<std::unique_ptr<Graph>> spare_shares_;
  std::vector<std::unique_ptr<std::byte[]>> arena_;
  std::size_t arena_chunk_ = 0, arena_used_ = 0;
};

}  // namespace unroll

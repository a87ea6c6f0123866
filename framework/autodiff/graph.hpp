// Reverse-mode automatic differentiation over a tape (Griewank and Walther 2008, chapter 3).
//
//   Graph graph;                            // one per training step, reused with clear()
//   Var y = tanh(matmul(graph.input(x), weights) + bias);
//   graph.backward(sum(y));                 // parameters now hold their gradients
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include <unroll/tensor/tensor.hpp>

namespace unroll {

class Graph;
class Parameter;

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
/// downstream depended on it.
class Backward {
 public:
  /// Gradient of the loss with respect to output k; undefined Tensor if nothing used it.
  const Tensor& output_gradient(int k = 0) const;
  /// Does anything need the gradient of input k?
  bool wants(int k) const;
  /// The gradient of input k to add to. Zero-filled on first use.
  Tensor& input_gradient(int k);
  /// The same without zero-filling: `fresh` tells whether to overwrite instead of add.
  Tensor& input_gradient(int k, bool& fresh);

 private:
  friend class Graph;
  Backward(Graph& graph, std::int32_t op) : graph_(graph), op_(op) {}
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
  void backward(Var loss, double seed = 1.0);
  /// The gradient of an `input` leaf (or of any Var, until the tape is cleared).
  Tensor gradient(Var var) const;

  /// Puts an operation on the tape. `backward(Backward&)` is called at most once; what it
  /// captures lives on the tape's arena. In infer mode it is dropped at once.
  template <typename Function>
  Var emit(Tensor value, std::initializer_list<Var> inputs, Function backward);
  /// An operation with several outputs.
  template <typename Function>
  std::vector<Var> emit_many(std::span<const Tensor> values, std::span<const Var> inputs,
                             Function backward);

  /// The graph that these operands are on; puts parameters there. Throws if there is none.
  static Graph& of(std::initializer_list<const Var*> operands);

 private:
  friend class Backward;
  friend class Var;
  Mode mode_;
  // … filled in by graph.cpp's author
};

}  // namespace unroll

// Architecture: from a batch to a loss, and to a decoder that generates. The contract of
// architecture plugins.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <unroll/autodiff/ops.hpp>
#include <unroll/core/archive.hpp>
#include <unroll/model/component_factory.hpp>
#include <unroll/model/domain.hpp>

namespace unroll {

class RandomStream;

/// What an architecture reads of an example and what it predicts.
struct Task {
  enum class Goal {
    next_token,  ///< of `text`, step by step
    label,       ///< one class an example
    values,      ///< K numbers an example
    tags,        ///< a token of `target` for each token of `text`
    text,        ///< a whole text: `target` where the data has one, else `text`
  };
  Goal goal = Goal::next_token;
  bool reads_text = true;
  bool reads_features = false;
  bool reads_label = false;
};

/// What it predicts are the tokens of a text, one after another, which a sampler can write.
inline bool writes_text(Task::Goal goal) noexcept {
  return goal == Task::Goal::next_token || goal == Task::Goal::text;
}

/// N examples side by side; which members are defined follows from the task. Ids below 0 are
/// padding: as an input an all-zero row, as a target not counted.
struct Batch {
  Tensor inputs{};    ///< [T, N] i32: tokens that are read
  Tensor targets{};   ///< [T, N] i32: next tokens or tags; [U, N]: a text to write, with its end
  Tensor previous{};  ///< [U, N] i32: the token before each of `targets`; at first the begin token
  Tensor features{};  ///< [N, F], [T, N, F] or [N, C, H, W]
  Tensor labels{};    ///< [N] i32
  Tensor values{};    ///< [N, K]
  /// [N] steps of `inputs` or of a sequence of features, longest first; empty: T for all.
  std::vector<std::int32_t> lengths{};
  std::vector<std::int64_t> examples{};  ///< [N] their places in the split; empty for streams
};

/// What an architecture is built from.
struct ArchitectureContext {
  const Domain& domain;
  const ComponentFactory& factory;
  Parameters parameters;
};

/// What one batch gave.
struct Outcome {
  Var loss;          ///< [] mean over the counted targets; what is differentiated
  double total = 0;  ///< summed over the counted targets: nats, or the squared error of `values`
  std::int64_t counted = 0;  ///< tokens, or examples
  std::int64_t correct = 0;
  double weight = 0;  ///< of the counted targets, where they count differently in the mean; or 0
  /// Where one goal needs more than these sums for its metrics: logits [N, C] of labels or
  /// [T, N, V] of tags, or predicted values [N, K].
  Tensor output;
};

/// The state that truncated back-propagation carries from one window to the next, as plain
/// tensors, a row for each example [N, …]. Empty: begin from zero.
using Carry = std::vector<Tensor>;

/// Generates one token at a time for N sequences side by side.
class Decoder {
 public:
  virtual ~Decoder() = default;
  /// Back to the state before the first token.
  virtual void reset() = 0;
  /// The same, given what N examples offer to read (tasks that write a text).
  virtual void begin(const Batch& given);
  /// Takes the N last tokens, gives the logits [N, V] of the next; valid until the next call.
  virtual std::span<const float> next(std::span<const TokenId> tokens) = 0;
  /// Sequence i goes on from where sequence from[i] stands, all at once (beam search). May change
  /// the number of sequences for the next call.
  virtual void reorder(std::span<const std::int32_t> from);
};

/// Constructed as Architecture(const Options&, const ArchitectureContext&).
class Architecture {
 public:
  virtual ~Architecture() = default;

  /// What it reads and predicts. A constructor that cannot work with the domain throws
  /// Error(usage) saying what the data lacks.
  virtual Task task() const { return {}; }

  /// One batch. `carry` is read and replaced by the state after the batch. `dropout` null means
  /// evaluation. In an infer-mode graph `Outcome::loss` may be undefined.
  virtual Outcome run(Graph& graph, const Batch& batch, Carry& carry, RandomStream* dropout) = 0;

  /// A decoder for N sequences, nullptr if this architecture does not generate. It has the weights
  /// as they are at its first token, or later ones. It must not outlive the architecture.
  virtual std::unique_ptr<Decoder> decoder(std::int64_t sequences);

  /// Models that count instead of descending gradients (n-grams) return true: the training loop
  /// then makes one pass over the training batches with `count`, in order, and updates nothing.
  virtual bool counts() const { return false; }
  virtual void count(const Batch& batch);

  /// What is learnt beside parameters (the counts of an n-gram model).
  virtual Archive save() const { return {}; }
  virtual void restore(const Archive& /*state*/) {}
};

}  // namespace unroll

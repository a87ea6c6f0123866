// Architecture: from a batch to a loss, and to a decoder that generates. The contract of
// architecture plugins.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <unroll/autodiff/ops.hpp>
#include <unroll/core/archive.hpp>
#include <unroll/model/component_factory.hpp>
#include <unroll/model/vocabulary.hpp>

namespace unroll {

class RandomStream;

/// T steps of N sequences. Targets below 0 are padding and count for nothing.
struct Batch {
  Tensor inputs;   ///< [T, N] i32
  Tensor targets;  ///< [T, N] i32
};

/// What an architecture is built from.
struct ArchitectureContext {
  const Vocabulary& vocabulary;
  const ComponentFactory& factory;
  Parameters parameters;
};

/// What one batch gave.
struct Outcome {
  Var loss;         ///< [] mean nats over the counted targets; what is differentiated
  double nats = 0;  ///< summed over the counted targets
  std::int64_t counted = 0;
  std::int64_t correct = 0;
};

/// The state that truncated back-propagation carries from one window to the next, as plain
/// tensors. Empty: begin from zero.
using Carry = std::vector<Tensor>;

/// Generates one token at a time for N sequences side by side.
class Decoder {
 public:
  virtual ~Decoder() = default;
  /// Back to the state before the first token.
  virtual void reset() = 0;
  /// Takes the N last tokens, gives the logits [N, V] of the next; valid until the next call.
  virtual std::span<const float> next(std::span<const TokenId> tokens) = 0;
};

/// Constructed as Architecture(const Options&, const ArchitectureContext&).
class Architecture {
 public:
  virtual ~Architecture() = default;

  /// One batch. `carry` is read and replaced by the state after the batch. `dropout` null means
  /// evaluation. In an infer-mode graph `Outcome::loss` may be undefined.
  virtual Outcome run(Graph& graph, const Batch& batch, Carry& carry, RandomStream* dropout) = 0;

  /// A decoder for N sequences that reads the current weights, or nullptr if this architecture
  /// does not generate. It must not outlive the architecture.
  virtual std::unique_ptr<Decoder> decoder(std::int64_t sequences) = 0;

  /// Models that count instead of descending gradients (n-grams) return true: the training loop
  /// then makes one pass over the training batches with `count`, in order, and updates nothing.
  virtual bool counts() const { return false; }
  virtual void count(const Batch& batch);

  /// What is learnt beside parameters (the counts of an n-gram model).
  virtual Archive save() const { return {}; }
  virtual void restore(const Archive& /*state*/) {}
};

}  // namespace unroll

// From tokens to vectors and from vectors to logits.
#pragma once

#include <cstdint>

#include <unroll/autodiff/ops.hpp>
#include <unroll/model/initializers.hpp>
#include <unroll/model/parameters.hpp>

namespace unroll {

/// Tokens as vectors: one-hot rows, or rows of a learnt table E [V, width].
class TokenInput {
 public:
  /// `embedding` 0: one-hot. A `tied` table is also the output's weights, so it begins small.
  /// `axis` names what the rows count: "vocabulary", or "target vocabulary" of what answers a text.
  TokenInput(std::int64_t vocabulary, std::int64_t embedding, bool tied, const init::Scheme& scheme,
             const Parameters& parameters, const char* axis = "vocabulary");

  std::int64_t vocabulary() const noexcept { return vocabulary_; }
  /// Width of a token's vector.
  std::int64_t width() const noexcept { return table_ != nullptr ? width_ : vocabulary_; }
  /// ids [...] -> [..., width]; ids below 0 are zero rows.
  Var operator()(Graph& graph, const Tensor& ids) const;
  /// E, or nullptr for one-hot input.
  Parameter* table() const noexcept { return table_; }

 private:
  std::int64_t vocabulary_, width_;
  DType type_;
  Parameter* table_ = nullptr;
};

/// logits = y W + b, or y E' + b where the weights are tied to the input's table (Press and Wolf
/// 2017, arXiv 1608.05859). The bias begins at zero and the weights small, so that the untrained
/// loss is near ln V.
class Readout {
 public:
  /// y of this width -> `outputs` logits.
  Readout(std::int64_t width, std::int64_t outputs, const init::Scheme& scheme,
          const Parameters& parameters, const char* axis = "vocabulary");
  /// Tied: `table` [outputs, width]. Throws Error(usage) if it is not as wide as y.
  Readout(std::int64_t width, Parameter* table, const init::Scheme& scheme,
          const Parameters& parameters);

  Var operator()(Var y) const;
  /// cross_entropy of these logits, which are not kept.
  CrossEntropy loss(Var y, const Tensor& targets) const;
  /// W [width, outputs], or null when tied; then table() is not. Bias [outputs].
  const Parameter* weights() const noexcept { return weights_; }
  const Parameter* table() const noexcept { return table_; }
  const Parameter& bias() const noexcept { return *bias_; }

 private:
  Parameter* weights_ = nullptr;  ///< null when tied
  Parameter* table_ = nullptr;
  Parameter* bias_;
};

}  // namespace unroll

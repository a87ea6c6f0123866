// NgramModel: P(next token | the last tokens), counted and interpolated over lengths of context.
//
//   P_k(w | ctx) = (a(ctx, w) - D(a)) / S(ctx) + B(ctx) P_{k-1}(w | ctx')        P_{-1} = 1 / V
//
// ctx is the last k tokens, ctx' the last k-1. A context that never occurred leaves P_{k-1} as it
// is; near the beginning of a text only the orders that fit are used.
//
// witten_bell (Witten and Bell 1991, "The zero-frequency problem", method C): a is the count c,
//   D = 0, S = c(ctx) + T(ctx), B = T(ctx) / S(ctx), where T(ctx) tokens differ after ctx.
//
// kneser_ney (interpolated and modified: Chen and Goodman 1999, "An empirical study of smoothing
//   techniques for language modeling"): at the highest order a is the count, below it how many
//   different tokens stand before (ctx, w); where a text begins with (ctx, w) nothing does, and
//   each time counts. S(ctx) = Σ_w a(ctx, w), B(ctx) = Σ_w D(a(ctx, w)) / S(ctx). From n_i, how
//   many a are i, each order has Y = n_1 / (n_1 + 2 n_2) and
//   D(1) = 1 - 2 Y n_2 / n_1    D(2) = 2 - 3 Y n_3 / n_2    D(3…) = 3 - 4 Y n_4 / n_3
//   or, where these cannot be had or are not within (0, i], 0.5, 1 and 1.5 (as KenLM's
//   --discount_fallback): few characters, say, all stand behind many others.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <unroll/core/archive.hpp>
#include <unroll/model/ngram_table.hpp>
#include <unroll/model/vocabulary.hpp>

namespace unroll {

enum class NgramSmoothing { witten_bell, kneser_ney };

class NgramModel {
 public:
  /// `order` is the longest context. Throws Error(usage) if so many tokens of this vocabulary do
  /// not fit a key.
  NgramModel(std::size_t order, std::int64_t vocabulary, NgramSmoothing smoothing);

  std::size_t order() const noexcept { return tables_.size() - 1; }

  /// `next` came after `context`: the tokens before it, as many as there are but at most order().
  void count(std::span<const TokenId> context, TokenId next);

  /// P(· | context) into p [V]; it sums to one and nothing is impossible. Not to be called from
  /// several threads: the first call after counting sorts the counts.
  void distribution(std::span<const TokenId> context, std::vector<double>& p) const;

  /// The counts; `restore` throws Error(data) if they are damaged or of another vocabulary.
  Archive save() const;
  void restore(const Archive& state);

 private:
  using Key = NgramTable::Key;
  /// What is a of each key, and D(1), D(2), D(3…) after an unused first.
  struct KneserNey {
    std::vector<std::int64_t> counts;
    std::array<double, 4> discount{};
  };

  void settle() const;
  std::vector<std::int64_t> continuations(std::size_t k) const;
  bool interpolate(std::size_t k, Key context, std::vector<double>& p) const;

  std::int64_t vocabulary_;
  NgramSmoothing smoothing_;
  mutable std::vector<NgramTable> tables_;       ///< by length of context
  mutable std::vector<KneserNey> kneser_ney_;    ///< the same, or empty for the other smoothing
  mutable std::vector<double> without_context_;  ///< P_0 [V]
  mutable bool settled_ = false;
};

}  // namespace unroll

// Attention: where each step looks among the positions of a memory, and what it sees there.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include <unroll/autodiff/ops.hpp>
#include <unroll/config/schema.hpp>
#include <unroll/model/initializers.hpp>
#include <unroll/model/parameters.hpp>

namespace unroll {

/// As an option of an architecture: `schema.option("attention", &Options::attention, …)`.
struct AttentionOptions {
  using Options = AttentionOptions;
  std::string score = "additive";
  std::int64_t units = 0;  ///< A; 0: as wide as the query
  static void describe(Schema<AttentionOptions>& schema);
};

/// Of a memory m [S, N, M] a query q gets the context  sum over s of a_s m_s,  where the weights a
/// are the softmax over a lane's positions of
///
///   dot       q · m_s                                  Luong et al. 2015, arXiv 1508.04025
///   general   q · (m_s W)          W [M, Q]            the same
///   additive  v · tanh(q W + m_s U)                    Bahdanau et al. 2015, arXiv 1409.0473
///                                  W [Q, A], U [M, A], v [A]
///
/// What does not depend on the query is computed once a batch, in `remember`. Left out: Luong's
/// local attention and input feeding, which is for the decoder to do. Not thread safe.
class Attention {
 public:
  /// M and Q.
  struct Sizes {
    std::int64_t memory = 0, query = 0;
  };

  /// Makes its parameters there. Throws Error(usage) for an unknown score, or `dot` where memory
  /// and query are not equally wide.
  Attention(const AttentionOptions& options, const Sizes& sizes, const init::Scheme& initial,
            const Parameters& parameters);

  /// A batch's memory as the queries of that batch need it; lives as long as its graph's tape.
  struct Memory {
    Var values;      ///< [S, N, M]
    Var keys;        ///< [S, N, K], what queries are compared with
    Tensor lengths;  ///< [N] (i32) or undefined: all S positions count
  };
  /// memory [S, N, M]; `lengths`, if given, holds the positions of each lane that count, in any
  /// order.
  Memory remember(Var memory, std::span<const std::int32_t> lengths = {}) const;

  struct Focus {
    Var context;  ///< [N, M] or [T, N, M]; zeros for a lane without positions
    Var weights;  ///< [N, S] or [T, N, S]; exactly 0 beyond a lane's length
  };
  /// query [N, Q], or [T, N, Q]: all steps at once, where no query depends on a context.
  Focus attend(Var query, const Memory& memory) const;

 private:
  enum class Score : std::uint8_t { dot, general, additive };

  Sizes sizes_;
  Score score_;
  Parameter* W_ = nullptr;
  Parameter* U_ = nullptr;
  Parameter* v_ = nullptr;
};

}  // namespace unroll

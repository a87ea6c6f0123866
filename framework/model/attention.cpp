#include <unroll/model/attention.hpp>

#include <fmt/format.h>

#include <stdexcept>

#include <unroll/core/error.hpp>

namespace unroll {

void AttentionOptions::describe(Schema<AttentionOptions>& schema) {
  schema.summary("where each step looks in a memory");
  schema
      .option("score", &AttentionOptions::score,
              "how a position is compared with the query: dot, general (Luong et al. 2015), "
              "additive (Bahdanau et al. 2015)")
      .choices({"dot", "general", "additive"});
  schema
      .option("units", &AttentionOptions::units,
              "of additive: the width in which both are compared; 0: the query's")
      .range(0, 65536);
}

Attention::Attention(const AttentionOptions& options, const Sizes& sizes,
                     const init::Scheme& initial, const Parameters& parameters)
    : sizes_(sizes) {
  const auto weights = [&](const char* name, std::int64_t rows, std::int64_t columns,
                           const char* axes) {
    return &parameters.make(name, {rows, columns}, init::input_weights(initial, columns, 1),
                            {axes, {}});
  };
  const auto [M, Q] = sizes;
  if (options.score == "dot") {
    if (M != Q) {
      fail(Failure::usage,
           "attention: 'dot' needs a memory as wide as the query, but the memory is {} and the "
           "query {} wide; use 'general', which learns to compare them",
           M, Q);
    }
    score_ = Score::dot;
  } else if (options.score == "general") {
    score_ = Score::general;
    W_ = weights("W", M, Q, "memory, query");
  } else if (options.score == "additive") {
    const std::int64_t A = options.units > 0 ? options.units : Q;
    score_ = Score::additive;
    W_ = weights("W", Q, A, "query, units");
    U_ = weights("U", M, A, "memory, units");
    v_ = &parameters.make("v", {A}, init::input_weights(initial, A, 1), {"units", {}});
  } else {
    fail(Failure::usage, "attention: unknown score '{}' (known: dot, general, additive)",
         options.score);
  }
}

Attention::Memory Attention::remember(Var memory, std::span<const std::int32_t> lengths) const {
  if (memory.shape().rank() != 3 || memory.dim(2) != sizes_.memory) {
    throw std::invalid_argument(fmt::format("attention: memory is {}, expected [S, N, {}]",
                                            memory.shape().text(), sizes_.memory));
  }
  Memory remembered{memory, memory, {}};
  if (score_ == Score::general) remembered.keys = matmul(memory, *W_);
  if (score_ == Score::additive) remembered.keys = matmul(memory, *U_);
  if (!lengths.empty()) {
    remembered.lengths = Tensor::of<std::int32_t>(Shape{std::ssize(lengths)}, lengths);
  }
  return remembered;
}

Attention::Focus Attention::attend(Var query, const Memory& memory) const {
  if (query.shape().rank() < 2 || query.dim(-1) != sizes_.query) {
    throw std::invalid_argument(
        fmt::format("attention: query is {}, expected [N, {}] or [T, N, {}]", query.shape().text(),
                    sizes_.query, sizes_.query));
  }
  const Var scores = score_ == Score::additive
                         ? additive_scores(matmul(query, *W_), memory.keys, *v_, memory.lengths)
                         : dot_scores(query, memory.keys, memory.lengths);
  const Var weights = masked_softmax(scores, memory.lengths);
  return {weighted_sum(weights, memory.values, memory.lengths), weights};
}

}  // namespace unroll

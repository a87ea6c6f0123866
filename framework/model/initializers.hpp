// How weights begin.
#pragma once

#include <unroll/model/parameters.hpp>

namespace unroll::init {

Initializer zeros();
Initializer constant(double value);
Initializer uniform(double low, double high);
Initializer normal(double mean, double deviation);
/// `scale` times the identity (Le et al. 2015, arXiv 1504.00941); [H, H].
Initializer identity(double scale = 1);
/// Uniform in ±sqrt(6 / (fan_in + fan_out)) for each of `parts` equal column blocks
/// (Glorot and Bengio 2010); [K, parts * M].
Initializer glorot_uniform(std::int64_t parts = 1);
/// Each of `parts` column blocks orthogonal (Saxe et al. 2014, arXiv 1312.6120): orthonormal
/// columns, or rows where a block is wider than high.
Initializer orthogonal(std::int64_t parts = 1);
/// Zero but for columns begin … end-1 (a forget gate's bias).
Initializer zeros_but(std::int64_t begin, std::int64_t end, double value);

/// The scheme an experiment asks for by name. "default": Glorot for W, orthogonal for U, zero for
/// biases. The others draw biases too: "uniform" within ±scale, as char-rnn does, "lecun" within
/// ±1/sqrt(hidden), as PyTorch does.
struct Scheme {
  std::string name = "default";
  double scale = 0.08;
};

/// What a cell's W [I, parts * H], U [H, parts * H] and b [parts * H] begin with under a scheme.
/// `hidden` is the H of "lecun"; the bias has `value` added in columns begin … end-1.
/// An unknown scheme is an Error(usage).
Initializer input_weights(const Scheme& scheme, std::int64_t hidden, std::int64_t parts);
Initializer recurrent_weights(const Scheme& scheme, std::int64_t hidden, std::int64_t parts);
Initializer bias(const Scheme& scheme, std::int64_t hidden, std::int64_t begin = 0,
                 std::int64_t end = 0, double value = 0);

}  // namespace unroll::init

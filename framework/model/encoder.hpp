// Encoder: features to one vector. The contract of encoder plugins.
#pragma once

#include <cstdint>
#include <functional>
#include <numeric>
#include <vector>

#include <unroll/autodiff/ops.hpp>
#include <unroll/core/archive.hpp>
#include <unroll/model/parameters.hpp>

namespace unroll {

class RandomStream;

/// What goes in and what comes out.
struct EncoderSizes {
  std::vector<std::int64_t> input;  ///< [F], or [C, H, W] of an image
  std::int64_t output = 0;

  /// Numbers of one example.
  std::int64_t input_width() const {
    return std::accumulate(input.begin(), input.end(), std::int64_t{1}, std::multiplies<>());
  }
};

/// Constructed as Encoder(const Options&, const EncoderSizes&, const Parameters&).
class Encoder {
 public:
  virtual ~Encoder() = default;
  /// features [N, ...input] -> [N, output]. `dropout` null means evaluation.
  virtual Var encode(Var features, RandomStream* dropout) = 0;

  /// What is learnt beside parameters (running means of a normalisation).
  virtual Archive save() const { return {}; }
  virtual void restore(const Archive& /*state*/) {}
};

}  // namespace unroll

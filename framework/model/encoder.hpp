// Encoder: features to a vector that starts a recurrence. The contract of encoder plugins.
#pragma once

#include <unroll/autodiff/ops.hpp>
#include <unroll/model/parameters.hpp>

namespace unroll {

/// Constructed as Encoder(const Options&, input_width, output_width, const Parameters&).
class Encoder {
 public:
  virtual ~Encoder() = default;
  /// features [N, input_width] -> [N, output_width].
  virtual Var encode(Var features) = 0;
};

}  // namespace unroll

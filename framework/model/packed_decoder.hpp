// Packed decoder: writes with the fused recurrences and weights that were packed once. What it
// computes is embedding, recurrence and readout, to about 1e-6 of what these compute themselves.
#pragma once

#include <cstdint>
#include <memory>

#include <unroll/model/architecture.hpp>
#include <unroll/model/recurrence.hpp>
#include <unroll/model/token_layers.hpp>
#include <unroll/tensor/packed_matrix.hpp>

namespace unroll {

/// Beside `Decoder`: weights can be kept in other forms than float32.
class WeightFormatChoice {
 public:
  virtual ~WeightFormatChoice();
  /// Before the first token. Tables of tokens stay float32. False: it cannot, and stays as it is.
  virtual bool use_format(WeightFormat format) = 0;
};

/// A decoder of logits = readout(recurrence(input(token))) for N sequences, which is a
/// WeightFormatChoice too; nullptr if a cell is not packable, the recurrence reads both ways or
/// the weights are not float32. The same sequence gives the same bits whatever else is beside it.
/// Packs the weights as they are when the first token is read, and asks for no memory after it. The
/// three must outlive it.
std::unique_ptr<Decoder> packed_decoder(const TokenInput& input, const Recurrence& recurrence,
                                        const Readout& readout, std::int64_t sequences);

}  // namespace unroll

// Packable cell: a cell whose step is one of the fused recurrences says so, and with which weights.
#pragma once

#include <optional>

#include <unroll/model/fused_recurrence.hpp>

namespace unroll {

/// All that a fused recurrence is made of; h' is its output.
struct CellWeights {
  FusedCell kind;
  const Parameter* W = nullptr;      ///< [I, G*H]
  const Parameter* U = nullptr;      ///< [H, G*H]
  const Parameter* b = nullptr;      ///< [G*H]
  const Parameter* extra = nullptr;  ///< as in FusedWeights
};

/// Beside `Cell`. Decoders run such cells with packed weights, without `project` and `step`.
class PackableCell {
 public:
  virtual ~PackableCell();
  /// What `project` and `step` together compute, or nothing where they compute something else.
  virtual std::optional<CellWeights> cell_weights() const = 0;
};

}  // namespace unroll

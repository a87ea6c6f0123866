// Finite forward, but the slope of its last operation is not.
#include "../trivial_cell.hpp"

#include <limits>

namespace {

struct Misbehaving final : TrivialCell {
  using TrivialCell::TrivialCell;
  Var fate(Var h) override {
    // The value is h; the gradient that it passes back is infinite.
    return h.graph()->emit(h.value(), {h}, [](Backward& backward) {
      if (backward.wants(0))
        backward.input_gradient(0).fill(std::numeric_limits<float>::infinity());
    });
  }
};

}  // namespace

UNROLL_PLUGIN(cell, "infinity_backward", "1.0.0", Misbehaving)

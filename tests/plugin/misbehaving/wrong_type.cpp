// Its state becomes of another type.
#include "../trivial_cell.hpp"

namespace {

struct Misbehaving final : TrivialCell {
  using TrivialCell::TrivialCell;
  Var fate(Var h) override { return h.graph()->constant(Tensor::zeros(h.shape(), DType::f64)); }
};

}  // namespace

UNROLL_PLUGIN(cell, "wrong_type", "1.0.0", Misbehaving)

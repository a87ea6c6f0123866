// Its state grows.
#include "../trivial_cell.hpp"

namespace {

struct Misbehaving final : TrivialCell {
  using TrivialCell::TrivialCell;
  Var fate(Var h) override { return concatenate({{h, h}}); }
};

}  // namespace

UNROLL_PLUGIN(cell, "wrong_shape", "1.0.0", Misbehaving)

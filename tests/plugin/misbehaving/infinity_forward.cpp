// Raises e to the thousandth: infinity forward.
#include "../trivial_cell.hpp"

namespace {

struct Misbehaving final : TrivialCell {
  using TrivialCell::TrivialCell;
  Var fate(Var h) override { return exp(1000 + h); }
};

}  // namespace

UNROLL_PLUGIN(cell, "infinity_forward", "1.0.0", Misbehaving)

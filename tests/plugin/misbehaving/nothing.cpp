// Its step gives nothing.
#include "../trivial_cell.hpp"

namespace {

struct Misbehaving final : TrivialCell {
  using TrivialCell::TrivialCell;
  Var fate(Var h) override { return h.defined() ? Var() : h; }
};

}  // namespace

UNROLL_PLUGIN(cell, "nothing", "1.0.0", Misbehaving)

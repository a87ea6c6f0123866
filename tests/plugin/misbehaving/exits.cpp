// Calls exit() in the midst of a step.
#include "../trivial_cell.hpp"

#include <cstdlib>

namespace {

struct Misbehaving final : TrivialCell {
  using TrivialCell::TrivialCell;
  Var fate(Var h) override {
    if (h.defined()) std::exit(0);
    return h;
  }
};

}  // namespace

UNROLL_PLUGIN(cell, "exits", "1.0.0", Misbehaving)

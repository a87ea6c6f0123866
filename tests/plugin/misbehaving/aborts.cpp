// Calls abort() in the midst of a step.
#include "../trivial_cell.hpp"

#include <cstdlib>

namespace {

struct Misbehaving final : TrivialCell {
  using TrivialCell::TrivialCell;
  Var fate(Var h) override {
    if (h.defined()) std::abort();
    return h;
  }
};

}  // namespace

UNROLL_PLUGIN(cell, "aborts", "1.0.0", Misbehaving)

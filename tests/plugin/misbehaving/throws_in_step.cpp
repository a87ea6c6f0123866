// Its step throws.
#include "../trivial_cell.hpp"

#include <stdexcept>

namespace {

struct Misbehaving final : TrivialCell {
  using TrivialCell::TrivialCell;
  Var fate(Var h) override {
    if (h.defined()) throw std::out_of_range("no step today");
    return h;
  }
};

}  // namespace

UNROLL_PLUGIN(cell, "throws_in_step", "1.0.0", Misbehaving)

// Writes where it may not.
#include "../trivial_cell.hpp"

namespace {

struct Misbehaving final : TrivialCell {
  using TrivialCell::TrivialCell;
  Var fate(Var h) override {
    volatile int* nowhere = nullptr;
    *nowhere = 1;
    return h;
  }
};

}  // namespace

UNROLL_PLUGIN(cell, "crashes", "1.0.0", Misbehaving)

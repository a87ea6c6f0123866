// Calls itself without end, until the stack is full.
#include "../trivial_cell.hpp"

namespace {

Var deeper(Var h, int depth) {
  if (depth < 0) return h;
  volatile char much[4096] = {};
  much[depth % 4096] = 1;
  const Var more = deeper(h, depth + 1);
  return much[0] == 0 ? more : h;
}

struct Misbehaving final : TrivialCell {
  using TrivialCell::TrivialCell;
  Var fate(Var h) override { return h.defined() ? deeper(h, 0) : h; }
};

}  // namespace

UNROLL_PLUGIN(cell, "recurses", "1.0.0", Misbehaving)

// An exception leaves a thread of its own.
#include "../trivial_cell.hpp"

#include <stdexcept>
#include <thread>

namespace {

struct Misbehaving final : TrivialCell {
  using TrivialCell::TrivialCell;
  Var fate(Var h) override {
    std::thread([] { throw std::runtime_error("nobody hears me"); }).join();
    return h;
  }
};

}  // namespace

UNROLL_PLUGIN(cell, "thread_throws", "1.0.0", Misbehaving)

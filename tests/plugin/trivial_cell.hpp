// The shortest cell there is: what the test plugins export, each failing in its own way in `fate`.
#pragma once

#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

class TrivialCell : public Cell {
 public:
  struct Options {};
  static void describe(Schema<Options>& schema) { schema.summary("h' = tanh(x W + h)"); }
  TrivialCell(const Options&, const CellSizes& sizes, const Parameters& parameters)
      : hidden_(sizes.hidden),
        W_(parameters.make("W", {sizes.input, hidden_},
                           init::input_weights(sizes.initial, hidden_, 1), {"input, hidden", ""})) {
  }
  std::vector<StatePart> state() const override { return {{"h", hidden_}}; }

 protected:
  /// What a step gives after some hundred have been sound, so that a run has begun.
  virtual Var fate(Var h) = 0;
  Var project(Var x) override { return matmul(x, W_); }
  State step(Var projected, const State& state) override {
    const Var h = tanh(projected + state[0]);
    return {++steps_ < kSound ? h : fate(h)};
  }

 private:
  static constexpr int kSound = 300;
  std::int64_t hidden_;
  int steps_ = 0;
  Parameter& W_;
};

}  // namespace

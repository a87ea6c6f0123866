// plugins/cells/mgu.cpp of Unroll 0.1. Made by tools/freeze-abi.
// clang-format off
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

class MinimalGatedUnit final : public Cell {
 public:
  struct Options {
    double forget_bias = 1.0;
  };

  static void describe(Schema<Options>& schema) {
    schema.summary("Minimal gated unit (Zhou et al. 2016)");
    schema.option("forget_bias", &Options::forget_bias, "added to bf at the start").range(-10, 10);
  }

  MinimalGatedUnit(const Options& options, const CellSizes& sizes, const Parameters& parameters)
      : hidden_(sizes.hidden),
        W_(parameters.make("W", {sizes.input, 2 * hidden_},
                           init::input_weights(sizes.initial, hidden_, 2),
                           {"input, gates * hidden", "f, h~"})),
        Uf_(parameters.make("Uf", {hidden_, hidden_},
                            init::recurrent_weights(sizes.initial, hidden_, 1),
                            {"hidden before, hidden", ""})),
        Uh_(parameters.make("Uh", {hidden_, hidden_},
                            init::recurrent_weights(sizes.initial, hidden_, 1),
                            {"hidden before, hidden", ""})),
        b_(parameters.make("b", {2 * hidden_},
                           init::bias(sizes.initial, hidden_, 0, hidden_, options.forget_bias),
                           {"gates * hidden", "f, h~"})) {}

  std::vector<StatePart> state() const override { return {{"h", hidden_}}; }

 protected:
  Var project(Var x) override { return affine(x, W_, b_); }

  State step(Var projected, const State& state) override {
    const Activations now = activations(projected, state[0]);
    return {blend(now.f, now.candidate, state[0])};
  }

  std::vector<Gate> gates(Var projected, const State& state) override {
    const Activations now = activations(projected, state[0]);
    return {{"f", now.f}, {"h~", now.candidate, -1, 1}};
  }

 private:
  struct Activations {
    Var f, candidate;
  };
  Activations activations(Var projected, Var h) const {
    const std::vector<Var> a = split(projected, 2);
    const Var f = sigmoid(a[0] + matmul(h, Uf_));
    return {f, tanh(a[1] + matmul(f * h, Uh_))};
  }

  std::int64_t hidden_;
  Parameter &W_, &Uf_, &Uh_, &b_;
};

}

UNROLL_PLUGIN(cell, "mgu_0_1", "1.0.0", MinimalGatedUnit)

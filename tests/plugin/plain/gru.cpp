// The GRU of plugins/cells/gru.cpp, reset after, as one writes a new idea: a projection and a plain
// step, no fused kernel. What it gives is compared with that cell, and so is its speed.
//
//   z = sigmoid(a_z + h U_z)     r = sigmoid(a_r + h U_r)                           a = x W + b
//   n = tanh(a_n + r * (h U_n + bn))          h' = (1 - z) * n + z * h
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

class PlainGru final : public Cell {
 public:
  struct Options {};

  static void describe(Schema<Options>& schema) {
    schema.summary("Gated recurrent unit, step by step");
  }

  PlainGru(const Options&, const CellSizes& sizes, const Parameters& parameters)
      : hidden_(sizes.hidden),
        W_(parameters.make("W", {sizes.input, 3 * hidden_},
                           init::input_weights(sizes.initial, hidden_, 3))),
        U_(parameters.make("U", {hidden_, 3 * hidden_},
                           init::recurrent_weights(sizes.initial, hidden_, 3))),
        b_(parameters.make("b", {3 * hidden_}, init::bias(sizes.initial, hidden_))),
        bn_(parameters.make("bn", {hidden_}, init::bias(sizes.initial, hidden_))) {}

  std::vector<StatePart> state() const override { return {{"h", hidden_}}; }

 protected:
  Var project(Var x) override { return affine(x, W_, b_); }

  State step(Var projected, const State& state) override {
    const std::vector<Var> a = split(projected, 3), u = split(matmul(state[0], U_), 3);
    const Var z = sigmoid(a[0] + u[0]), r = sigmoid(a[1] + u[1]);
    const Var n = tanh(a[2] + r * (u[2] + bn_));
    return {blend(z, state[0], n)};
  }

 private:
  std::int64_t hidden_;
  Parameter &W_, &U_, &b_, &bn_;
};

}  // namespace

UNROLL_PLUGIN(cell, "plain_gru", "1.0.0", PlainGru)

// The LSTM of plugins/cells/lstm.cpp as one writes a new idea: a projection and a plain step, no
// fused kernel. What it gives is compared with that cell, and so is its speed.
//
//   i = sigmoid(a_i)   f = sigmoid(a_f)   g = tanh(a_g)   o = sigmoid(a_o)      a = x W + h U + b
//   c' = f * c + i * g                    h' = o * tanh(c')
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

class PlainLstm final : public Cell {
 public:
  struct Options {};

  static void describe(Schema<Options>& schema) {
    schema.summary("Long short-term memory, step by step");
  }

  PlainLstm(const Options&, const CellSizes& sizes, const Parameters& parameters)
      : hidden_(sizes.hidden),
        W_(parameters.make("W", {sizes.input, 4 * hidden_},
                           init::input_weights(sizes.initial, hidden_, 4))),
        U_(parameters.make("U", {hidden_, 4 * hidden_},
                           init::recurrent_weights(sizes.initial, hidden_, 4))),
        b_(parameters.make("b", {4 * hidden_},
                           init::bias(sizes.initial, hidden_, hidden_, 2 * hidden_, 1))) {}

  std::vector<StatePart> state() const override { return {{"h", hidden_}, {"c", hidden_}}; }

 protected:
  Var project(Var x) override { return affine(x, W_, b_); }

  State step(Var projected, const State& state) override {
    const std::vector<Var> a = split(projected + matmul(state[0], U_), 4);
    const Var c = sigmoid(a[1]) * state[1] + sigmoid(a[0]) * tanh(a[2]);
    return {sigmoid(a[3]) * tanh(c), c};
  }

 private:
  std::int64_t hidden_;
  Parameter &W_, &U_, &b_;
};

}  // namespace

UNROLL_PLUGIN(cell, "plain_lstm", "1.0.0", PlainLstm)

// Update gate network (Collins et al. 2017, arXiv 1611.09913); W, U and b hold g and c, in this
// order:
//   g = sigmoid(x Wg + h Ug + bg)     c = tanh(x Wc + h Uc + bc)     h' = g * h + (1 - g) * c
#include <unroll/plugin.hpp>

using namespace unroll;

class UpdateGate final : public Cell {
 public:
  struct Options {
    double keep_bias = 1.0;
  };

  static void describe(Schema<Options>& schema) {
    schema.summary("Update gate network (Collins et al. 2017)");
    schema.option("keep_bias", &Options::keep_bias, "added to bg at the start").range(-10, 10);
  }

  UpdateGate(const Options& options, const CellSizes& sizes, const Parameters& parameters)
      : H(sizes.hidden),
        W(parameters.make("W", {sizes.input, 2 * H}, init::input_weights(sizes.initial, H, 2))),
        U(parameters.make("U", {H, 2 * H}, init::recurrent_weights(sizes.initial, H, 2))),
        b(parameters.make("b", {2 * H}, init::bias(sizes.initial, H, 0, H, options.keep_bias))) {}

  std::vector<StatePart> state() const override { return {{"h", H}}; }

 protected:
  Var project(Var x) override { return affine(x, W, b); }

  State step(Var projected, const State& state) override {
    const std::vector<Var> a = split(projected + matmul(state[0], U), 2);
    return {blend(sigmoid(a[0]), state[0], tanh(a[1]))};
  }

 private:
  std::int64_t H;
  Parameter &W, &U, &b;
};

UNROLL_PLUGIN(cell, "ugrnn", "1.0.0", UpdateGate)

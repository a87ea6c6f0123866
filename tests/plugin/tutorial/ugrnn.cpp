// Update gate network (Collins et al. 2017, arXiv 1611.09913): a tanh network whose units may keep
// what they have.
//
//   g  = sigmoid(x Wg + h Ug + bg)
//   c  = tanh(x Wc + h Uc + bc)
//   h' = g * h + (1 - g) * c
//
// W [I, 2H], U [H, 2H] and b [2H] hold both in the order g, c.
#include <unroll/plugin.hpp>

namespace {

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
      : hidden_(sizes.hidden),
        W_(parameters.make("W", {sizes.input, 2 * hidden_},
                           init::input_weights(sizes.initial, hidden_, 2),
                           {"input, gates * hidden", "g, c"})),
        U_(parameters.make("U", {hidden_, 2 * hidden_},
                           init::recurrent_weights(sizes.initial, hidden_, 2),
                           {"hidden before, gates * hidden", "g, c"})),
        b_(parameters.make("b", {2 * hidden_},
                           init::bias(sizes.initial, hidden_, 0, hidden_, options.keep_bias),
                           {"gates * hidden", "g, c"})) {}

  std::vector<StatePart> state() const override { return {{"h", hidden_}}; }

 protected:
  // x [..., I] -> [..., 2H]: all time steps in one matrix product.
  Var project(Var x) override { return affine(x, W_, b_); }

  // projected [N, 2H], h [N, H] -> h' [N, H]
  State step(Var projected, const State& state) override {
    const std::vector<Var> a = split(projected + matmul(state[0], U_), 2);
    return {blend(sigmoid(a[0]), state[0], tanh(a[1]))};
  }

 private:
  std::int64_t hidden_;
  Parameter &W_, &U_, &b_;
};

}  // namespace

UNROLL_PLUGIN(cell, "ugrnn", "1.0.0", UpdateGate)

// Leaky units, each of which learns how long it remembers (Bengio et al. 2013, "Advances in
// optimizing recurrent networks", arXiv 1212.0901, section 3.1; there the share kept is fixed).
//
//   k  = sigmoid(r)                                        the share of h that a unit keeps
//   h' = k * h + (1 - k) * tanh(x W + h U + b)
//
// W [I, H], U [H, H], b [H], r [H], where I is the width of the input and H that of the state.
#include <unroll/plugin.hpp>

#include <cmath>

namespace {

using namespace unroll;

class PluginName final : public Cell {
 public:
  struct Options {
    double memory = 4;
  };

  static void describe(Schema<Options>& schema) {
    schema.summary("leaky units that learn how long they remember");
    schema.option("memory", &Options::memory, "steps that a unit remembers at the start")
        .range(1.01, 1e6);
  }

  PluginName(const Options& options, const CellSizes& sizes, const Parameters& parameters)
      : hidden_(sizes.hidden),
        W_(parameters.make("W", {sizes.input, hidden_},
                           init::input_weights(sizes.initial, hidden_, 1), {"input, hidden", ""})),
        U_(parameters.make("U", {hidden_, hidden_},
                           init::recurrent_weights(sizes.initial, hidden_, 1),
                           {"hidden before, hidden", ""})),
        b_(parameters.make("b", {hidden_}, init::bias(sizes.initial, hidden_), {"hidden", ""})),
        r_(parameters.make("r", {hidden_}, init::constant(std::log(options.memory - 1)),
                           {"hidden", ""})) {}

  std::vector<StatePart> state() const override { return {{"h", hidden_}}; }

 protected:
  // x [..., I] -> [..., H]: what needs no state, for all time steps in one matrix product.
  Var project(Var x) override { return affine(x, W_, b_); }

  // projected [N, H], h [N, H] -> h' [N, H], for N sequences side by side.
  State step(Var projected, const State& state) override {
    const Var h = state[0], k = sigmoid(projected.graph()->use(r_));
    const Var candidate = tanh(projected + matmul(h, U_));
    return {candidate + (h - candidate) * k};
  }

 private:
  std::int64_t hidden_;
  Parameter &W_, &U_, &b_, &r_;
};

}  // namespace

UNROLL_PLUGIN(cell, "plugin_name", "0.1.0", PluginName)

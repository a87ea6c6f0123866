// Recurrent network of rectified linear units whose recurrent weights begin as the identity (Le,
// Jaitly and Hinton 2015, "A simple way to initialize recurrent networks of rectified linear
// units", arXiv 1504.00941): at the start the state is kept, and gradients neither vanish nor
// explode.
//
//   h' = max(0, x W + h U + b)        U = scale * identity, b = 0 and W small at the start
//
// W [I, H], U [H, H], b [H]. The same equation as that of `rnn: {activation: relu}`; the start is
// what the paper is about, so it does not follow the experiment's `initial`.
#include <unroll/plugin.hpp>

#include <limits>

namespace {

using namespace unroll;

class Irnn final : public Cell, public PackableCell {
 public:
  struct Options {
    double scale = 1.0;
    double deviation = 0.001;
  };

  static void describe(Schema<Options>& schema) {
    schema.summary("Rectified linear units that begin with the identity (Le et al. 2015)");
    schema
        .option("scale", &Options::scale,
                "U at the start is so much of the identity; below 1 the past fades")
        .range(0, 10);
    schema.option("deviation", &Options::deviation, "standard deviation of W at the start")
        .range(0, 10);
  }

  Irnn(const Options& options, const CellSizes& sizes, const Parameters& parameters)
      : hidden_(sizes.hidden),
        W_(parameters.make("W", {sizes.input, hidden_}, init::normal(0, options.deviation),
                           {"input, hidden", {}})),
        U_(parameters.make("U", {hidden_, hidden_}, init::identity(options.scale),
                           {"hidden before, hidden", {}})),
        b_(parameters.make("b", {hidden_}, init::zeros(), {"hidden", {}})) {}

  std::vector<StatePart> state() const override { return {{"h", hidden_}}; }

  std::optional<CellWeights> cell_weights() const override {
    return CellWeights{FusedCell::rnn_relu, &W_, &U_, &b_};
  }

 protected:
  Var project(Var x) override { return fused_project(x, {&W_, &b_}, owns_projected()); }

  State step(Var projected, const State& state) override {
    if (fusable(projected) && !projected.graph()->recording())
      return fused_step(FusedCell::rnn_relu, projected, state, {&U_});
    return {relu(projected + matmul(state[0], U_))};
  }

  /// It has none; what saturates, at 0, is h' itself.
  std::vector<Gate> gates(Var projected, const State& state) override {
    return {{"h", step(projected, state)[0], 0, std::numeric_limits<double>::infinity()}};
  }

  Unrolled unroll(Var projected, const State& state) override {
    if (!fusable(projected)) return Cell::unroll(projected, state);
    return fused_unroll(FusedCell::rnn_relu, projected, state, {&U_}, {&W_, &b_}, owns_projected());
  }

 private:
  std::int64_t hidden_;
  Parameter &W_, &U_, &b_;
};

}  // namespace

UNROLL_PLUGIN(cell, "irnn", "1.0.0", Irnn)

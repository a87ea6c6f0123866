// Long short-term memory (Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000, "Learning
// to forget"; peepholes: Gers et al. 2002, "Learning precise timing"; projection: Sak et al. 2014,
// arXiv 1402.1128). Gates in the order i, f, g, o; a = x W + h U + b:
//
//   i = sigmoid(a_i)   f = sigmoid(a_f)   g = tanh(a_g)
//   c' = f * c + i * g                    o = sigmoid(a_o)
//   h' = o * tanh(c')
//
// With peepholes a_i + c P_0, a_f + c P_1 and a_o + c' P_2 stand for a_i, a_f and a_o; with a
// projection to Q units h' = (o * tanh(c')) R. W [I, 4H], U [H, 4H], b [4H], P [3, H], R [H, Q],
// U then [Q, 4H]. Left out: full peephole matrices, coupled input and forget gates, Sak's second
// (non-recurrent) projection. Projection, and double precision, run step by step.
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

class Lstm final : public Cell, public PackableCell {
 public:
  struct Options {
    double forget_bias = 1.0;
    std::int64_t chrono = 0;
    bool peepholes = false;
    std::int64_t projection = 0;
  };

  static void describe(Schema<Options>& schema) {
    schema.summary("Long short-term memory (Hochreiter and Schmidhuber 1997)");
    schema
        .option("forget_bias", &Options::forget_bias,
                "added to the forget gate's bias at the start (Jozefowicz et al. 2015)")
        .range(-100, 100);
    schema
        .option("chrono", &Options::chrono,
                "instead of it, biases of memories from 1 to so many steps, the longest that the "
                "data ask for; 0: off (Tallec and Ollivier 2018)")
        .at_least(0);
    schema.option("peepholes", &Options::peepholes,
                  "the gates see the memory cell (Gers et al. 2002)");
    schema
        .option("projection", &Options::projection,
                "units that h is projected to, 0 for none (Sak et al. 2014)")
        .at_least(0);
  }

  Lstm(const Options& options, const CellSizes& sizes, const Parameters& parameters)
      : hidden_(sizes.hidden),
        outputs_(options.projection > 0 ? options.projection : hidden_),
        kind_(options.peepholes ? FusedCell::lstm_peephole : FusedCell::lstm),
        W_(parameters.make("W", {sizes.input, 4 * hidden_},
                           init::input_weights(sizes.initial, hidden_, 4),
                           {"input, gates * hidden", kGates})),
        U_(parameters.make("U", {outputs_, 4 * hidden_},
                           init::recurrent_weights(sizes.initial, hidden_, 4),
                           {"hidden before, gates * hidden", kGates})),
        b_(parameters.make("b", {4 * hidden_}, first_bias(options, sizes),
                           {"gates * hidden", kGates})) {
    if (options.peepholes)
      P_ = &parameters.make("P", {3, hidden_}, init::zeros(), {"gates, hidden", "i, f, o"});
    if (options.projection > 0)
      R_ =
          &parameters.make("R", {hidden_, outputs_}, init::input_weights(sizes.initial, hidden_, 1),
                           {"hidden, projected", {}});
  }

  std::vector<StatePart> state() const override { return {{"h", outputs_}, {"c", hidden_}}; }

  std::optional<CellWeights> cell_weights() const override {
    if (R_ != nullptr) return std::nullopt;
    return CellWeights{kind_, &W_, &U_, &b_, P_};
  }

 protected:
  Var project(Var x) override {
    return fused_project(x, {&W_, &b_}, owns_projected() && R_ == nullptr);
  }

  State step(Var projected, const State& state) override {
    if (R_ == nullptr && fusable(projected) && !projected.graph()->recording())
      return fused_step(kind_, projected, state, {&U_, P_});
    const Activations now = activations(projected, state);
    const Var h = now.o * tanh(now.c);
    return {R_ == nullptr ? h : matmul(h, *R_), now.c};
  }

  std::vector<Gate> gates(Var projected, const State& state) override {
    const Activations now = activations(projected, state);
    return {{"i", now.i}, {"f", now.f}, {"g", now.g, -1, 1}, {"o", now.o}};
  }

  Unrolled unroll(Var projected, const State& state) override {
    if (R_ != nullptr || !fusable(projected)) return Cell::unroll(projected, state);
    return fused_unroll(kind_, projected, state, {&U_, P_}, {&W_, &b_}, owns_projected());
  }

 private:
  static constexpr const char* kGates = "i, f, g, o";

  static Initializer first_bias(const Options& options, const CellSizes& sizes) {
    const std::int64_t i = 0, f = sizes.hidden, g = 2 * sizes.hidden;
    return options.chrono > 0 ? init::chrono_bias(sizes.initial, sizes.hidden, options.chrono, f, i)
                              : init::bias(sizes.initial, sizes.hidden, f, g, options.forget_bias);
  }

  struct Activations {
    Var i, f, g, c, o;  ///< c' among them
  };
  Activations activations(Var projected, const State& state) {
    const Var before = state[1];
    const std::vector<Var> a = split(projected + matmul(state[0], U_), 4);
    const auto peep = [&](Var gate, int row, Var memory) {
      return P_ == nullptr ? gate : gate + memory * at(projected.graph()->use(*P_), row);
    };
    Activations now;
    now.i = sigmoid(peep(a[0], 0, before));
    now.f = sigmoid(peep(a[1], 1, before));
    now.g = tanh(a[2]);
    now.c = now.f * before + now.i * now.g;
    now.o = sigmoid(peep(a[3], 2, now.c));
    return now;
  }

  std::int64_t hidden_, outputs_;
  FusedCell kind_;
  Parameter &W_, &U_, &b_;
  Parameter* P_ = nullptr;  ///< peepholes
  Parameter* R_ = nullptr;  ///< projection
};

}  // namespace

UNROLL_PLUGIN(cell, "lstm", "1.0.0", Lstm)

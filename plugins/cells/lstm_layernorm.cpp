// Long short-term memory with layer normalisation (Ba, Kiros and Hinton 2016, arXiv 1607.06450,
// equations 20 to 22). Gates in the order i, f, g, o; LN(v; s, t) = s * (v - mean) / deviation + t
// over the units of one step:
//
//   a  = LN(x W; sx, 0) + LN(h U; sh, 0) + b
//   c' = sigmoid(a_f) * c + sigmoid(a_i) * tanh(a_g)
//   h' = sigmoid(a_o) * tanh(LN(c'; sc, tc))
//
// W [I, 4H], U [H, 4H], b, sx and sh [4H], sc and tc [H]. As in the paper all four gates are
// normalised together. The paper's second offsets, which b already is the sum of, are left out.
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

class LayerNormLstm final : public Cell {
 public:
  struct Options {
    double forget_bias = 1.0;
  };

  static void describe(Schema<Options>& schema) {
    schema.summary("LSTM with layer normalisation (Ba et al. 2016)");
    schema
        .option("forget_bias", &Options::forget_bias,
                "added to the forget gate's bias at the start")
        .range(-100, 100);
  }

  LayerNormLstm(const Options& options, const CellSizes& sizes, const Parameters& parameters)
      : hidden_(sizes.hidden),
        W_(parameters.make("W", {sizes.input, 4 * hidden_},
                           init::input_weights(sizes.initial, hidden_, 4),
                           {"input, gates * hidden", kGates})),
        U_(parameters.make("U", {hidden_, 4 * hidden_},
                           init::recurrent_weights(sizes.initial, hidden_, 4),
                           {"hidden before, gates * hidden", kGates})),
        b_(parameters.make(
            "b", {4 * hidden_},
            init::bias(sizes.initial, hidden_, hidden_, 2 * hidden_, options.forget_bias),
            {"gates * hidden", kGates})),
        sx_(parameters.make("sx", {4 * hidden_}, init::constant(1), {"gates * hidden", kGates})),
        sh_(parameters.make("sh", {4 * hidden_}, init::constant(1), {"gates * hidden", kGates})),
        sc_(parameters.make("sc", {hidden_}, init::constant(1), {"hidden", {}})),
        tc_(parameters.make("tc", {hidden_}, init::zeros(), {"hidden", {}})),
        no_offset_(Tensor::zeros({4 * hidden_}, parameters.dtype())) {}

  std::vector<StatePart> state() const override { return {{"h", hidden_}, {"c", hidden_}}; }

 protected:
  // The bias is the offset of the input's normalisation: one pass.
  Var project(Var x) override { return layer_norm(matmul(x, W_), sx_, b_); }

  State step(Var projected, const State& state) override {
    const Activations now = activations(projected, state[0]);
    const Var c = now.f * state[1] + now.i * now.g;
    return {now.o * tanh(layer_norm(c, sc_, tc_)), c};
  }

  std::vector<Gate> gates(Var projected, const State& state) override {
    const Activations now = activations(projected, state[0]);
    return {{"i", now.i}, {"f", now.f}, {"g", now.g, -1, 1}, {"o", now.o}};
  }

 private:
  static constexpr const char* kGates = "i, f, g, o";

  struct Activations {
    Var i, f, g, o;
  };
  Activations activations(Var projected, Var h) const {
    const Var none = projected.graph()->constant(no_offset_);
    const std::vector<Var> a = split(projected + layer_norm(matmul(h, U_), sh_, none), 4);
    return {sigmoid(a[0]), sigmoid(a[1]), tanh(a[2]), sigmoid(a[3])};
  }

  std::int64_t hidden_;
  Parameter &W_, &U_, &b_, &sx_, &sh_, &sc_, &tc_;
  Tensor no_offset_;  ///< [4H], of LN(h U)
};

}  // namespace

UNROLL_PLUGIN(cell, "lstm_layernorm", "1.0.0", LayerNormLstm)

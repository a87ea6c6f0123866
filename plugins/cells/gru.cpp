// Gated recurrent unit (Cho et al. 2014, arXiv 1406.1078). Gates in the order z, r, n;
// a = x W + b:
//
//   z = sigmoid(a_z + h U_z)     r = sigmoid(a_r + h U_r)
//   n = tanh(a_n + r * (h U_n + bn))       reset: after, as cuDNN and PyTorch
//   n = tanh(a_n + (r * h) U_n)            reset: before, as in the paper
//   h' = (1 - z) * n + z * h
//
// W [I, 3H], U [H, 3H], b [3H], bn [H] (reset after alone). z keeps the old state, as in PyTorch;
// in Cho's first version and in Keras before 2.3 it is the same, Chung et al. 2014 swap z and 1-z.
// Reset before, and double precision, run step by step.
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

class Gru final : public Cell, public PackableCell {
 public:
  struct Options {
    std::string reset = "after";
    std::int64_t chrono = 0;
  };

  static void describe(Schema<Options>& schema) {
    schema.summary("Gated recurrent unit (Cho et al. 2014)");
    schema.option("reset", &Options::reset, "where the reset gate acts: on h U_n, or on h itself")
        .choices({"after", "before"});
    schema
        .option("chrono", &Options::chrono,
                "the update gate begins with memories from 1 to so many steps, the longest that "
                "the data ask for; 0: off (Tallec and Ollivier 2018)")
        .at_least(0);
  }

  Gru(const Options& options, const CellSizes& sizes, const Parameters& parameters)
      : hidden_(sizes.hidden),
        W_(parameters.make("W", {sizes.input, 3 * hidden_},
                           init::input_weights(sizes.initial, hidden_, 3),
                           {"input, gates * hidden", kGates})),
        U_(parameters.make("U", {hidden_, 3 * hidden_},
                           init::recurrent_weights(sizes.initial, hidden_, 3),
                           {"hidden before, gates * hidden", kGates})),
        b_(parameters.make("b", {3 * hidden_},
                           options.chrono > 0
                               ? init::chrono_bias(sizes.initial, hidden_, options.chrono, 0)
                               : init::bias(sizes.initial, hidden_),
                           {"gates * hidden", kGates})) {
    if (options.reset == "after")
      bn_ = &parameters.make("bn", {hidden_}, init::bias(sizes.initial, hidden_), {"hidden", "n"});
  }

  std::vector<StatePart> state() const override { return {{"h", hidden_}}; }

  std::optional<CellWeights> cell_weights() const override {
    if (bn_ == nullptr) return std::nullopt;
    return CellWeights{FusedCell::gru, &W_, &U_, &b_, bn_};
  }

 protected:
  Var project(Var x) override {
    return fused_project(x, {&W_, &b_}, owns_projected() && bn_ != nullptr);
  }

  State step(Var projected, const State& state) override {
    if (bn_ != nullptr && fusable(projected) && !projected.graph()->recording())
      return fused_step(FusedCell::gru, projected, state, {&U_, bn_});
    const Activations now = activations(projected, state[0]);
    return {blend(now.z, state[0], now.n)};
  }

  std::vector<Gate> gates(Var projected, const State& state) override {
    const Activations now = activations(projected, state[0]);
    return {{"z", now.z}, {"r", now.r}, {"n", now.n, -1, 1}};
  }

  Unrolled unroll(Var projected, const State& state) override {
    if (bn_ == nullptr || !fusable(projected)) return Cell::unroll(projected, state);
    return fused_unroll(FusedCell::gru, projected, state, {&U_, bn_}, {&W_, &b_}, owns_projected());
  }

 private:
  static constexpr const char* kGates = "z, r, n";

  struct Activations {
    Var z, r, n;
  };
  Activations activations(Var projected, Var h) {
    const std::vector<Var> a = split(projected, 3);
    Activations now;
    if (bn_ != nullptr) {
      const std::vector<Var> u = split(matmul(h, U_), 3);
      now.r = sigmoid(a[1] + u[1]);
      now.n = tanh(a[2] + now.r * (u[2] + *bn_));
      now.z = sigmoid(a[0] + u[0]);
      return now;
    }
    const Var U = projected.graph()->use(U_);
    const std::vector<Var> zr = split(
        sigmoid(columns(projected, 0, 2 * hidden_) + matmul(h, columns(U, 0, 2 * hidden_))), 2);
    now.z = zr[0];
    now.r = zr[1];
    now.n = tanh(a[2] + matmul(now.r * h, columns(U, 2 * hidden_, 3 * hidden_)));
    return now;
  }

  std::int64_t hidden_;
  Parameter &W_, &U_, &b_;
  Parameter* bn_ = nullptr;  ///< reset after: bias of h U_n
};

}  // namespace

UNROLL_PLUGIN(cell, "gru", "1.0.0", Gru)

// Simple recurrent network (Elman 1990, "Finding structure in time").
//
//   h' = tanh(x W + h U + b)        or relu: h' = max(0, x W + h U + b)
//
// W [I, H], U [H, H], b [H]. Left out: Elman's context units that copy h with a decay; a second
// bias for the recurrent product, which would only double b's steps.
#include <unroll/plugin.hpp>

#include <limits>

namespace {

using namespace unroll;

class Rnn final : public Cell, public PackableCell {
 public:
  struct Options {
    std::string activation = "tanh";
  };

  static void describe(Schema<Options>& schema) {
    schema.summary("Simple recurrent network (Elman 1990)");
    schema.option("activation", &Options::activation, "what h' is of its weighted sum")
        .choices({"tanh", "relu"});
  }

  Rnn(const Options& options, const CellSizes& sizes, const Parameters& parameters)
      : hidden_(sizes.hidden),
        kind_(options.activation == "relu" ? FusedCell::rnn_relu : FusedCell::rnn_tanh),
        W_(parameters.make("W", {sizes.input, hidden_},
                           init::input_weights(sizes.initial, hidden_, 1), {"input, hidden", {}})),
        U_(parameters.make("U", {hidden_, hidden_},
                           init::recurrent_weights(sizes.initial, hidden_, 1),
                           {"hidden before, hidden", {}})),
        b_(parameters.make("b", {hidden_}, init::bias(sizes.initial, hidden_), {"hidden", {}})) {}

  std::vector<StatePart> state() const override { return {{"h", hidden_}}; }

  std::optional<CellWeights> cell_weights() const override {
    return CellWeights{kind_, &W_, &U_, &b_};
  }

 protected:
  Var project(Var x) override { return fused_project(x, {&W_, &b_}, owns_projected()); }

  State step(Var projected, const State& state) override {
    if (fusable(projected) && !projected.graph()->recording())
      return fused_step(kind_, projected, state, {&U_});
    return {activation(projected, state)};
  }

  /// It has none; what saturates is h' itself.
  std::vector<Gate> gates(Var projected, const State& state) override {
    const Var h = activation(projected, state);
    if (kind_ == FusedCell::rnn_relu) return {{"h", h, 0, std::numeric_limits<double>::infinity()}};
    return {{"h", h, -1, 1}};
  }

  Unrolled unroll(Var projected, const State& state) override {
    if (!fusable(projected)) return Cell::unroll(projected, state);
    return fused_unroll(kind_, projected, state, {&U_}, {&W_, &b_}, owns_projected());
  }

 private:
  Var activation(Var projected, const State& state) {
    const Var a = projected + matmul(state[0], U_);
    return kind_ == FusedCell::rnn_relu ? relu(a) : tanh(a);
  }

  std::int64_t hidden_;
  FusedCell kind_;
  Parameter &W_, &U_, &b_;
};

}  // namespace

UNROLL_PLUGIN(cell, "rnn", "1.0.0", Rnn)

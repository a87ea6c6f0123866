// Simple recurrent unit (Lei et al. 2018, arXiv 1709.02755): all products are of the input, the
// recurrence is elementwise. Blocks in the order u, f, r, s; a = x W, with b in a_f and a_r:
//
//   f  = sigmoid(a_f + v_f * c)      r = sigmoid(a_r + v_r * c)
//   c' = f * c + (1 - f) * a_u
//   h' = r * c' + (1 - r) * a_s
//
// W [I, 4H], b [2H] (of f and r alone), v [2, H] (`peephole`; without it, as in the paper's
// first version, a whole sequence is one linear scan). Where input and hidden are of one width the
// paper takes x itself for a_s; here the highway always has weights of its own. Left out: its
// scaling of a_s, and variational dropout, which Recurrence has.
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

class Sru final : public Cell {
 public:
  struct Options {
    bool peephole = true;
    double forget_bias = 0;
  };

  static void describe(Schema<Options>& schema) {
    schema.summary("Simple recurrent unit (Lei et al. 2018)");
    schema.option("peephole", &Options::peephole,
                  "the gates see the memory, each unit its own; without it sequences run faster");
    schema
        .option("forget_bias", &Options::forget_bias,
                "added to the forget gate's bias at the start")
        .range(-100, 100);
  }

  Sru(const Options& options, const CellSizes& sizes, const Parameters& parameters)
      : hidden_(sizes.hidden),
        W_(parameters.make("W", {sizes.input, 4 * hidden_},
                           init::input_weights(sizes.initial, hidden_, 4),
                           {"input, gates * hidden", "u, f, r, s"})),
        b_(parameters.make("b", {2 * hidden_},
                           init::bias(sizes.initial, hidden_, 0, hidden_, options.forget_bias),
                           {"gates * hidden", "f, r"})) {
    if (options.peephole)
      v_ = &parameters.make("v", {2, hidden_}, init::zeros(), {"gates, hidden", "f, r"});
  }

  std::vector<StatePart> state() const override { return {{"h", hidden_}, {"c", hidden_}}; }

 protected:
  // x [..., I] -> [..., 4H]
  Var project(Var x) override {
    const Var a = matmul(x, W_);
    const Var parts[] = {columns(a, 0, hidden_), columns(a, hidden_, 3 * hidden_) + b_,
                         columns(a, 3 * hidden_, 4 * hidden_)};
    return concatenate(parts);
  }

  State step(Var projected, const State& state) override {
    const std::vector<Var> a = split(projected, 4);
    const Var c = blend(gate(a[1], 0, state[1]), state[1], a[0]);
    return {blend(gate(a[2], 1, state[1]), c, a[3]), c};
  }

  std::vector<Gate> gates(Var projected, const State& state) override {
    const std::vector<Var> a = split(projected, 4);
    return {{"f", gate(a[1], 0, state[1])}, {"r", gate(a[2], 1, state[1])}};
  }

  Unrolled unroll(Var projected, const State& state) override {
    if (v_ != nullptr) return Cell::unroll(projected, state);
    const std::vector<Var> a = split(projected, 4);
    const Var f = sigmoid(a[1]);
    const Var c = linear_scan(f, (1.0 - f) * a[0], state[1]);
    const Var h = blend(sigmoid(a[2]), c, a[3]);
    const std::int64_t last = projected.dim(0) - 1;
    return {h, {at(h, last), at(c, last)}};
  }

 private:
  /// f (row 0) or r (row 1) of a sum and the memory before.
  Var gate(Var sum, int row, Var c) const {
    return sigmoid(v_ == nullptr ? sum : sum + c * at(sum.graph()->use(*v_), row));
  }

  std::int64_t hidden_;
  Parameter &W_, &b_;
  Parameter* v_ = nullptr;  ///< peepholes
};

}  // namespace

UNROLL_PLUGIN(cell, "sru", "1.0.0", Sru)

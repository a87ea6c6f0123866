// Minimal GRU of "Were RNNs all we needed?" (Feng et al. 2024, arXiv 2410.01201): neither gate nor
// candidate sees the state, so that a whole sequence is one linear scan. Gates in the order z, h~:
//
//   z  = sigmoid(x Wz + bz)
//   h~ = g(x Wh + bh)        g(a) = a (linear), or a + 1/2 for a >= 0 and sigmoid(a) else
//   (positive) h' = (1 - z) * h + z * h~
//
// W [I, 2H], b [2H]. Positive candidates are the paper's for scans in the space of logarithms; this
// scan needs no logarithms, so they are only another choice. Left out: minLSTM.
#include <unroll/plugin.hpp>

#include <limits>

namespace {

using namespace unroll;

class MinGru final : public Cell {
 public:
  struct Options {
    std::string candidate = "linear";
    double update_bias = 0;
  };

  static void describe(Schema<Options>& schema) {
    schema.summary("Minimal GRU, whose gates do not see the state (Feng et al. 2024)");
    schema.option("candidate", &Options::candidate, "what becomes of the weighted input")
        .choices({"linear", "positive"});
    schema
        .option("update_bias", &Options::update_bias,
                "added to bz at the start; below 0 the state is kept for longer")
        .range(-100, 100);
  }

  MinGru(const Options& options, const CellSizes& sizes, const Parameters& parameters)
      : hidden_(sizes.hidden),
        positive_(options.candidate == "positive"),
        W_(parameters.make("W", {sizes.input, 2 * hidden_},
                           init::input_weights(sizes.initial, hidden_, 2),
                           {"input, gates * hidden", kGates})),
        b_(parameters.make("b", {2 * hidden_},
                           init::bias(sizes.initial, hidden_, 0, hidden_, options.update_bias),
                           {"gates * hidden", kGates})) {}

  std::vector<StatePart> state() const override { return {{"h", hidden_}}; }

 protected:
  Var project(Var x) override { return affine(x, W_, b_); }

  State step(Var projected, const State& state) override {
    const std::vector<Var> a = split(projected, 2);
    return {blend(sigmoid(a[0]), candidate(a[1]), state[0])};
  }

  std::vector<Gate> gates(Var projected, const State&) override {
    constexpr double kNone = std::numeric_limits<double>::infinity();
    const std::vector<Var> a = split(projected, 2);
    return {{"z", sigmoid(a[0])}, {"h~", candidate(a[1]), positive_ ? 0 : -kNone, kNone}};
  }

  Unrolled unroll(Var projected, const State& state) override {
    const std::vector<Var> a = split(projected, 2);
    const Var z = sigmoid(a[0]);
    const Var outputs = linear_scan(1.0 - z, z * candidate(a[1]), state[0]);
    return {outputs, {at(outputs, outputs.dim(0) - 1)}};
  }

 private:
  static constexpr const char* kGates = "z, h~";

  // a + 1/2 where a >= 0, sigmoid(a) below: each half is a constant where the other one acts.
  Var candidate(Var a) const { return positive_ ? relu(a) + sigmoid(-relu(-a)) : a; }

  std::int64_t hidden_;
  bool positive_;
  Parameter &W_, &b_;
};

}  // namespace

UNROLL_PLUGIN(cell, "mingru", "1.0.0", MinGru)

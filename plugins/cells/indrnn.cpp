// Independently recurrent neural network (Li et al. 2018, arXiv 1803.04831): every unit sees its
// own past alone; units meet in the next layer.
//
//   h' = relu(x W + u * h + b)        or tanh
//
// W [I, H], u [H], b [H]. |u| is kept within `bound`, so that neither states nor gradients explode:
// what is used is u cut to ±bound, while the gradient reaches u as if it were not cut (the paper
// cuts u itself after every update). Left out: batch normalisation between layers.
#include <unroll/plugin.hpp>

#include <limits>

namespace {

using namespace unroll;

class IndRnn final : public Cell {
 public:
  struct Options {
    std::string activation = "relu";
    double bound = 1.0;
  };

  static void describe(Schema<Options>& schema) {
    schema.summary("Independently recurrent network (Li et al. 2018)");
    schema.option("activation", &Options::activation, "what h' is of its weighted sum")
        .choices({"relu", "tanh"});
    schema
        .option("bound", &Options::bound,
                "largest |u|; the paper has 2^(1/T) for sequences of T steps")
        .range(0.01, 10);
  }

  IndRnn(const Options& options, const CellSizes& sizes, const Parameters& parameters)
      : hidden_(sizes.hidden),
        relu_(options.activation == "relu"),
        bound_(options.bound),
        W_(parameters.make("W", {sizes.input, hidden_},
                           init::input_weights(sizes.initial, hidden_, 1), {"input, hidden", {}})),
        u_(parameters.make("u", {hidden_}, init::uniform(0, options.bound), {"hidden", {}})),
        b_(parameters.make("b", {hidden_}, init::bias(sizes.initial, hidden_), {"hidden", {}})) {}

  std::vector<StatePart> state() const override { return {{"h", hidden_}}; }

 protected:
  Var project(Var x) override { return affine(x, W_, b_); }

  State step(Var projected, const State& state) override {
    return {advance(projected, state[0], bounded(*projected.graph()))};
  }

  /// It has none; what saturates is h' itself.
  std::vector<Gate> gates(Var projected, const State& state) override {
    const Var h = step(projected, state)[0];
    if (relu_) return {{"h", h, 0, std::numeric_limits<double>::infinity()}};
    return {{"h", h, -1, 1}};
  }

  Unrolled unroll(Var projected, const State& state) override {
    const Var u = bounded(*projected.graph());
    std::vector<Var> outputs;
    outputs.reserve(static_cast<std::size_t>(projected.dim(0)));
    Var h = state[0];
    for (std::int64_t t = 0; t < projected.dim(0); ++t)
      outputs.push_back(h = advance(at(projected, t), h, u));
    return {stack(outputs), {h}};
  }

 private:
  Var advance(Var projected, Var h, Var u) const {
    const Var a = projected + h * u;
    return relu_ ? relu(a) : tanh(a);
  }

  /// u within ±bound, with the gradient of u itself.
  Var bounded(Graph& graph) const {
    const Var u = graph.use(u_);
    const Var at_least = relu(bound_ + detach(u));  // max(u, -bound) + bound
    const Var cut = bound_ - relu(2 * bound_ - at_least);
    return u + (cut - detach(u));
  }

  std::int64_t hidden_;
  bool relu_;
  double bound_;
  Parameter &W_, &u_, &b_;
};

}  // namespace

UNROLL_PLUGIN(cell, "indrnn", "1.0.0", IndRnn)

// A plain recurrent cell, h' = tanh(x W + h U), with the fault that its option names: each breaks
// one contract of cells and keeps the others.
#include <unroll/plugin.hpp>

#include <cstdlib>
#include <string_view>

namespace {

using namespace unroll;

int calls = 0;
// Not known to the compiler.
volatile std::int64_t nothing = 0;

class Faulty final : public Cell {
 public:
  struct Options {
    std::string fault = "none";
    std::int64_t factor = 1;
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("breaks the contract that it is told to");
    schema.option("fault", &Options::fault, "what is wrong")
        .choices({"none",    "gradient", "unroll",  "overwrites", "border",  "batch",
                  "lengths", "random",   "forgets", "unsaved",    "extreme", "width",
                  "nan",     "memory",   "rounded", "gates",      "crashes", "hangs",
                  "exits",   "throws",   "shapes",  "greedy"});
    schema.option("factor", &Options::factor, "divides").range(0, 10);
  }
  Faulty(const Options& options, const CellSizes& sizes, const Parameters& parameters)
      : fault_(options.fault),
        hidden_(sizes.hidden),
        W_(parameters.make("W", {sizes.input, hidden_},
                           init::input_weights(sizes.initial, hidden_, 1), {"input, hidden", ""})),
        U_(parameters.make("U", {hidden_, hidden_},
                           init::recurrent_weights(sizes.initial, hidden_, 1),
                           {"hidden, hidden", ""})),
        unsaved_(W_.value().to(DType::f64).data<double>()[0]) {
    if (is("extreme")) nothing = 7 / options.factor;
    if (is("width")) nothing = 7 / (hidden_ - 1);
    if (is("greedy")) memory_.emplace_back(Tensor::zeros({1 << 20, 1 << 12, 4}));
  }

  std::vector<StatePart> state() const override { return {{"h", hidden_}}; }

 protected:
  Var project(Var x) override {
    before_ = Var();
    return matmul(x, W_);
  }

  State step(Var projected, const State& state) override {
    Var h = state[0];
    Graph& graph = *projected.graph();
    if (is("memory")) memory_.push_back(projected.value().clone());
    if (is("crashes")) *reinterpret_cast<volatile int*>(nothing) = 1;
    if (is("hangs"))
      while (nothing == 0) {
      }
    if (is("exits")) std::_Exit(3);
    if (is("throws")) throw std::out_of_range("no step today");
    if (is("shapes")) return {concatenate({{projected, projected}})};
    if (is("forgets")) return {tanh(projected)};
    Var sum = projected + matmul(h, U_);
    if (is("border")) sum = sum + older(graph, h);
    if (is("batch")) {
      const double part = 0.1 / static_cast<double>(h.dim(0));
      sum = sum + matmul(graph.constant(Tensor::full({h.dim(0), h.dim(0)}, part, h.dtype())), h);
    }
    if (is("random") && h.dtype() == DType::f32) sum = (1 + 2e-7 * (++calls % 5)) * sum;
    if (is("unsaved")) sum = unsaved_ * sum;
    if (is("rounded")) sum = -1e4 + (1e4 + sum);
    if (is("nan") && W_.value().dim(0) == 1) sum = log(-1.0 * exp(sum));
    if (is("gradient")) return {wrong_tanh(graph, sum)};
    return {tanh(sum)};
  }

  Unrolled unroll(Var projected, const State& state) override {
    if (is("overwrites")) {
      Unrolled unrolled = Cell::unroll(projected, state);
      Tensor(projected.value()).fill(0);
      return unrolled;
    }
    if (is("border")) return loop(projected, state);
    if (!is("unroll")) return Cell::unroll(projected, state);
    State current = state;
    std::vector<Var> outputs;
    for (std::int64_t t = 0; t < projected.dim(0); ++t) {
      current = {tanh(at(projected, t) + 0.9 * matmul(current[0], U_))};
      outputs.push_back(current[0]);
    }
    return {stack(outputs), current};
  }

  std::vector<Gate> gates(Var projected, const State& state) override {
    if (!is("gates")) return {};
    return {{"z", projected + matmul(state[0], U_)}};
  }

 private:
  bool is(std::string_view fault) const { return fault_ == fault; }

  /// The output of two steps ago, which is no part of the state and so is lost at a window's end.
  Var older(Graph& graph, Var h) {
    Var older = before_;
    before_ = h;
    if (!older.defined()) return graph.constant(Tensor::zeros(h.shape(), h.dtype()));
    return older.dim(0) == h.dim(0) ? older : slice(older, 0, h.dim(0));
  }

  /// Its derivative is taken to be 1 - y instead of 1 - y².
  static Var wrong_tanh(Graph& graph, Var x) {
    const Tensor y = tanh(graph.constant(x.value())).value();
    return graph.emit(y.clone(), {x}, [y](Backward& backward) {
      if (!backward.wants(0)) return;
      Tensor gradient = backward.output_gradient().clone();
      const auto scale = [&](auto zero) {
        using T = decltype(zero);
        for (std::int64_t i = 0; i < y.size(); ++i) gradient.data<T>()[i] *= 1 - y.data<T>()[i];
      };
      y.dtype() == DType::f64 ? scale(0.0) : scale(0.0F);
      backward.pass(0, gradient);
    });
  }

  std::string fault_;
  std::int64_t hidden_;
  Parameter &W_, &U_;
  double unsaved_;
  Var before_;
  std::vector<Tensor> memory_;
};

}  // namespace

UNROLL_PLUGIN(cell, "faults", "1.0.0", Faulty)

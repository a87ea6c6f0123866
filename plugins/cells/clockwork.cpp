// Clockwork recurrent network (Koutnik et al. 2014, arXiv 1402.3511): the hidden units are cut into
// modules that run at clock rates 1, 2, 4, …
//
//   a = x W + h (U * allowed) + b
//   h'_m = tanh(a_m) if t is a multiple of the period 2^m of module m, else h_m
//
// W [I, H], U [H, H], b [H]. `allowed` lets a unit see the modules that are as slow as its own or
// slower. Unit j of H belongs to module j * modules / H. The step t is a part of the state, "t"
// [1], counted modulo the longest period, so that it is carried from window to window like the
// rest. What a resting module would have been is computed and dropped. Left out: periods that are
// no powers of two.
#include <unroll/plugin.hpp>

#include <algorithm>
#include <bit>
#include <cmath>

namespace {

using namespace unroll;

class Clockwork final : public Cell {
 public:
  struct Options {
    std::int64_t modules = 4;
  };

  static void describe(Schema<Options>& schema) {
    schema.summary("Clockwork recurrent network (Koutnik et al. 2014)");
    schema.option("modules", &Options::modules, "groups of units, with periods 1, 2, 4, … steps")
        .range(1, 20);
  }

  Clockwork(const Options& options, const CellSizes& sizes, const Parameters& parameters)
      : hidden_(sizes.hidden),
        modules_(options.modules),
        W_(parameters.make("W", {sizes.input, hidden_},
                           init::input_weights(sizes.initial, hidden_, 1), {"input, hidden", {}})),
        U_(parameters.make("U", {hidden_, hidden_},
                           init::recurrent_weights(sizes.initial, hidden_, 1),
                           {"hidden before, hidden", {}})),
        b_(parameters.make("b", {hidden_}, init::bias(sizes.initial, hidden_), {"hidden", {}})),
        sees_(filled(
            {hidden_, hidden_}, parameters.dtype(),
            [&](std::int64_t i) { return module_of(i / hidden_) >= module_of(i % hidden_); })),
        runs_(filled({modules_, hidden_}, parameters.dtype(),
                     [&](std::int64_t i) { return module_of(i % hidden_) <= i / hidden_; })) {}

  std::vector<StatePart> state() const override { return {{"h", hidden_}, {"t", 1}}; }

 protected:
  Var project(Var x) override { return affine(x, W_, b_); }

  State step(Var projected, const State& state) override {
    return advance(projected, state, allowed(projected));
  }

  /// It has none; what saturates is h' itself.
  std::vector<Gate> gates(Var projected, const State& state) override {
    return {{"h", step(projected, state)[0], -1, 1}};
  }

  Unrolled unroll(Var projected, const State& state) override {
    const Var U = allowed(projected);
    State now = state;
    std::vector<Var> outputs;
    outputs.reserve(static_cast<std::size_t>(projected.dim(0)));
    for (std::int64_t t = 0; t < projected.dim(0); ++t)
      outputs.push_back((now = advance(at(projected, t), now, U))[0]);
    return {stack(outputs), now};
  }

 private:
  std::int64_t module_of(std::int64_t unit) const { return unit * modules_ / hidden_; }

  /// U without the connections from faster modules to slower ones.
  Var allowed(Var projected) const {
    Graph& graph = *projected.graph();
    return graph.use(U_) * graph.constant(sees_);
  }

  State advance(Var projected, const State& state, Var U) const {
    Graph& graph = *projected.graph();
    const Tensor clock = state[1].value().to(DType::f64);
    const Tensor runs = Tensor::empty(projected.shape(), projected.dtype());
    const Tensor next = Tensor::empty(clock.shape(), DType::f64);
    const std::int64_t cycle = std::int64_t{1} << (modules_ - 1);
    for (std::int64_t n = 0; n < clock.size(); ++n) {
      const std::int64_t time = std::llround(clock.data<double>()[n]) & (cycle - 1);
      // Module m runs where 2^m divides the time, thus all up to the number of its final zero bits.
      const int slowest = std::countr_zero(static_cast<std::uint64_t>(time | cycle));
      runs[n].copy_from(runs_[slowest]);
      next.data<double>()[n] = static_cast<double>(time + 1);
    }
    const Var h = state[0];
    return {blend(graph.constant(runs), tanh(projected + matmul(h, U)), h),
            graph.constant(next.to(projected.dtype()))};
  }

  /// 1 where `is(index)`, else 0.
  template <typename Is>
  static Tensor filled(const Shape& shape, DType type, Is is) {
    Tensor mask = Tensor::empty(shape, DType::f64);
    for (std::int64_t i = 0; i < mask.size(); ++i) mask.data<double>()[i] = is(i) ? 1 : 0;
    return mask.to(type);
  }

  std::int64_t hidden_, modules_;
  Parameter &W_, &U_, &b_;
  Tensor sees_;  ///< [H, H] the `allowed` of the equations
  Tensor runs_;  ///< [modules, H] which units run where the slowest module that runs is this one
};

}  // namespace

UNROLL_PLUGIN(cell, "clockwork", "1.0.0", Clockwork)

// Steps with the lanes shared out: against the plain loop and finite differences, in every number
// of threads, and what becomes of errors, memory and listeners.
#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include <unroll/autodiff/ops_lanes.hpp>
#include <unroll/model/initializers.hpp>
#include <unroll/model/parameters.hpp>
#include <unroll/tensor/engine.hpp>

#include "gradient_cases.hpp"

namespace unroll::test {
namespace {

class Lanes : public testing::Test {
 protected:
  void SetUp() override { Engine::get().set_threads(3); }
  void TearDown() override { Engine::get().set_threads(before_); }

  int before_ = Engine::get().threads();
};

constexpr std::int64_t T = 3, N = 50, P = 2;  // three shares of 16, 17 and 17 lanes

// Two parts of other widths, a parameter used twice in a step and one not at all times.
struct Network {
  ParameterStore store;
  Parameter &u, &v, &b;

  explicit Network(DType type)
      : store(5, type),
        u(store.make("u", {P, P}, init::uniform(-1, 1), {})),
        v(store.make("v", {1, P}, init::uniform(-1, 1), {})),
        b(store.make("b", {P}, init::uniform(-1, 1), {})) {}

  std::vector<Var> step(Var x, const std::vector<Var>& state) {
    const Var h = tanh(x + matmul(matmul(state[0], u) + matmul(state[1], v), u) + b);
    return {h, columns(sigmoid(h), 1, 2) * state[1]};
  }
};

LaneLoop looped(Network& net, Var x, std::vector<Var> state) {
  std::vector<Var> outputs;
  for (std::int64_t t = 0; t < x.dim(0); ++t) {
    state = net.step(at(x, t), state);
    outputs.push_back(state[0]);
  }
  return {stack(outputs), state};
}

LaneLoop shared(Network& net, Var x, const std::vector<Var>& state) {
  return loop_over_lanes(
      x, state, [&](Var now, const std::vector<Var>& before) { return net.step(now, before); });
}

std::vector<Tensor> inputs_of(DType type) {
  RandomStream random(3, "lanes");
  std::vector<Tensor> inputs;
  for (const Shape& shape : {Shape{T, N, P}, Shape{N, P}, Shape{N, 1}})
    inputs.push_back(random_tensor(shape, random, type));
  return inputs;
}

// Everything that comes out, forward and backward.
template <typename Loop>
std::vector<Tensor> all_of(DType type, const Loop& loop) {
  Network net(type);
  Graph graph;
  std::vector<Var> leaves;
  for (const Tensor& tensor : inputs_of(type)) leaves.push_back(graph.input(tensor));
  // x and the state have other gradients already, which must not be lost.
  const Var others = weigh(exp(leaves[0])) + weigh(exp(leaves[1]));
  const LaneLoop done = loop(net, leaves[0], {leaves[1], leaves[2]});
  graph.backward(weigh(done.outputs) + weigh(done.last[0]) + weigh(done.last[1]) + others);
  std::vector<Tensor> all{done.outputs.value(), done.last[0].value(), done.last[1].value()};
  for (const Var& leaf : leaves) all.push_back(graph.gradient(leaf));
  for (const Parameter* parameter : net.store.all()) all.push_back(parameter->gradient());
  return all;
}

double distance(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.shape(), b.shape());
  const Tensor x = a.to(DType::f64), y = b.to(DType::f64);
  double worst = 0;
  for (std::int64_t i = 0; i < x.size(); ++i)
    worst = std::max(worst, std::abs(x.data<double>()[i] - y.data<double>()[i]));
  return worst;
}

TEST_F(Lanes, SharedAreTheLoop) {
  for (const DType type : {DType::f32, DType::f64}) {
    const std::vector<Tensor> plain = all_of(type, looped);
    for (const int threads : {1, 2, 3, 8}) {
      Engine::get().set_threads(threads);
      const std::vector<Tensor> apart = all_of(type, shared), again = all_of(type, shared);
      for (std::size_t i = 0; i < plain.size(); ++i) {
        EXPECT_LE(distance(apart[i], plain[i]), type == DType::f32 ? 2e-4 : 1e-12) << i;
        EXPECT_EQ(distance(apart[i], again[i]), 0) << i;
      }
    }
  }
}

TEST_F(Lanes, GradientsMatchFiniteDifferences) {
  Network net(DType::f64);
  for (const bool last : {false, true}) {
    std::vector<Tensor> inputs = inputs_of(DType::f64);
    const GradientCheck check = check_gradients(
        [&](Graph&, In v) {
          const LaneLoop done = shared(net, v[0], {v[1], v[2]});
          return last ? weigh(done.last[1]) : weigh(done.outputs);
        },
        inputs, net.store.all());
    EXPECT_TRUE(check.passed()) << check.worst << " at " << check.where;
  }
}

TEST_F(Lanes, ThatIgnoreTheirInputGiveItNoGradient) {
  Graph graph;
  const Var x = graph.input(Tensor::full({T, N, P}, 1));
  const Var h = graph.input(Tensor::full({N, P}, 1));
  const Var initial[] = {h};
  const LaneLoop done = loop_over_lanes(
      x, initial, [](Var, const std::vector<Var>& state) { return std::vector{2.0 * state[0]}; });
  graph.backward(sum(done.last[0]));
  EXPECT_EQ(distance(graph.gradient(x), Tensor::zeros({T, N, P})), 0);
  EXPECT_EQ(distance(graph.gradient(h), Tensor::full({N, P}, 8)), 0);
}

TEST_F(Lanes, WithoutATapeGiveTheSame) {
  Network net(DType::f32);
  const std::vector<Tensor> inputs = inputs_of(DType::f32);
  std::vector<Tensor> outputs;
  for (const Graph::Mode mode : {Graph::Mode::record, Graph::Mode::infer}) {
    Graph graph(mode);
    const LaneLoop done = shared(net, graph.constant(inputs[0]),
                                 {graph.constant(inputs[1]), graph.constant(inputs[2])});
    outputs.push_back(done.outputs.value());
  }
  EXPECT_EQ(distance(outputs[0], outputs[1]), 0);
}

TEST_F(Lanes, ErrorsAreThoseOfTheFirstShare) {
  Network net(DType::f32);
  Graph graph;
  const Var x = graph.input(inputs_of(DType::f32)[0]);
  const Var initial[] = {graph.constant(Tensor::zeros({N, P}))};
  const std::int32_t before = graph.size();
  const auto fail_from = [&](std::int64_t lanes) {
    return loop_over_lanes(x, initial, [lanes](Var now, const std::vector<Var>& state) {
      if (now.dim(0) >= lanes) throw std::domain_error(std::to_string(now.dim(0)));
      return std::vector{tanh(now + state[0])};
    });
  };
  for (const auto& [lanes, says] : {std::pair{17, "17"}, std::pair{1, "16"}}) {
    try {
      fail_from(lanes);
      FAIL();
    } catch (const std::domain_error& error) {
      EXPECT_STREQ(error.what(), says);
    }
    EXPECT_EQ(graph.size(), before);
  }
  EXPECT_NO_THROW(fail_from(18));
}

TEST_F(Lanes, ErrorsOfABackwardFunctionArrive) {
  Graph graph;
  const Var x = graph.input(inputs_of(DType::f32)[0]);
  const Var initial[] = {graph.constant(Tensor::zeros({N, P}))};
  const LaneLoop done = loop_over_lanes(x, initial, [](Var now, const std::vector<Var>& state) {
    const Var sum = now + state[0];
    return std::vector{now.graph()->emit(
        sum.value(), {sum}, [](Backward&) { throw std::domain_error("no derivative"); })};
  });
  EXPECT_THROW(graph.backward(weigh(done.outputs)), std::domain_error);
}

TEST_F(Lanes, ThatNeedEachOtherSaySo) {
  Graph graph;
  const Var x = graph.input(inputs_of(DType::f32)[0]);
  const Var initial[] = {graph.constant(Tensor::zeros({N, P}))};
  RandomStream random(1, "dropout");
  const RandomStream::State untouched = random.state();
  EXPECT_THROW(loop_over_lanes(x, initial,
                               [&](Var now, const std::vector<Var>&) {
                                 return std::vector{dropout(now, 0.5, random)};
                               }),
               std::logic_error);
  EXPECT_EQ(random.state(), untouched);
  ChannelStatistics running(P, DType::f32);
  const Tensor untouched_mean = running.mean.clone();
  EXPECT_THROW(
      loop_over_lanes(x, initial,
                      [&](Var now, const std::vector<Var>&) {
                        Graph& tape = *now.graph();
                        return std::vector{batch_norm(now, tape.constant(Tensor::full({P}, 1)),
                                                      tape.constant(Tensor::zeros({P})), running)};
                      }),
      std::logic_error);
  EXPECT_EQ(distance(running.mean, untouched_mean), 0);
}

TEST_F(Lanes, AListenerHearsOfEachParameterOnce) {
  struct Heard : GradientListener {
    std::vector<std::string> names;
    void ready(Parameter& parameter) override {
      EXPECT_TRUE(parameter.gradient().defined());
      names.push_back(parameter.name());
    }
  } heard;
  Network net(DType::f32);
  Graph graph;
  std::vector<Var> leaves;
  for (const Tensor& tensor : inputs_of(DType::f32)) leaves.push_back(graph.input(tensor));
  const LaneLoop done = shared(net, leaves[0], {leaves[1], leaves[2]});
  graph.backward(weigh(done.outputs), 1, &heard);
  EXPECT_THAT(heard.names, testing::UnorderedElementsAre("u", "v", "b"));
}

TEST_F(Lanes, KeepOnlyWhatGradientsNeed) {
  const auto in_use = [] { return Engine::get().pool().statistics().in_use; };
  const auto of = [&](std::int64_t steps) {
    Graph graph;
    const Var x = graph.constant(Tensor::zeros({steps, 32, 64}));
    const Var initial[] = {graph.input(Tensor::zeros({32, 64}))};
    const std::int64_t before = in_use();
    // Of these three operations only tanh has to keep anything: its result.
    loop_over_lanes(x, initial, [](Var now, const std::vector<Var>& state) {
      return std::vector{tanh(2.0 * (now + state[0]))};
    });
    return in_use() - before;
  };
  const std::int64_t bytes = 32 * 64 * 4;
  of(1);
  EXPECT_LE(of(20) - of(10), 10 * 3 * bytes);  // that of tanh, and the outputs; rounded up
}

TEST_F(Lanes, GiveAllTheirMemoryBack) {
  Network net(DType::f32);
  net.store.pack();
  Graph graph;
  const std::vector<Tensor> inputs = inputs_of(DType::f32);
  PoolStatistics before;
  for (int i = 0; i < 50; ++i) {
    if (i == 3) before = Engine::get().pool().statistics();
    graph.clear();
    const LaneLoop done =
        shared(net, graph.input(inputs[0]), {graph.input(inputs[1]), graph.input(inputs[2])});
    graph.backward(weigh(done.outputs));
  }
  const PoolStatistics after = Engine::get().pool().statistics();
  EXPECT_EQ(after.in_use, before.in_use);
  // Threads may happen to need at once what they needed in turn before; a leak asks every time.
  EXPECT_LT(after.system_calls - before.system_calls, 20);
}

}  // namespace
}  // namespace unroll::test

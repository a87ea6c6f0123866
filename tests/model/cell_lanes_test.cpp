// Cells whose lanes threads share: every cell against its own steps; and those that must not be.
#include <atomic>
#include <stdexcept>

#include <unroll/autodiff/anomaly.hpp>
#include <unroll/autodiff/gradient_check.hpp>
#include <unroll/autodiff/ops_lanes.hpp>
#include <unroll/core/random.hpp>
#include <unroll/tensor/engine.hpp>

#include "../../tools/conformance/lone_cell.hpp"
#include "cells_support.hpp"

namespace unroll::test {
namespace {

using conformance::CellShape;
using conformance::How;
using conformance::Passed;

/// So many threads until the end of the scope.
class Threads {
 public:
  explicit Threads(int count) { Engine::get().set_threads(count); }
  ~Threads() { Engine::get().set_threads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_ = Engine::get().threads();
};

constexpr CellShape kShape{5, 53, 3, 8};  // two threads: 26 and 27 lanes

class CellLanes : public testing::TestWithParam<Variant> {};

TEST_P(CellLanes, SharedAreTheLoopOfSteps) {
  for (const DType type : {DType::f32, DType::f64}) {
    conformance::LoneCell lone(registry(), GetParam().choice(), kShape, type, 3);
    const Passed steps = pass(lone, kShape, How::steps, 7);
    for (const int threads : {1, 2, 3}) {
      const Threads scope(threads);
      for (const How how : {How::run, How::run_unroll}) {
        const Passed shared = pass(lone, kShape, how, 7), again = pass(lone, kShape, how, 7);
        ASSERT_EQ(shared.names, steps.names);
        for (std::size_t i = 0; i < steps.tensors.size(); ++i) {
          EXPECT_LE(distance(shared.tensors[i], steps.tensors[i]),
                    type == DType::f32 ? 1e-5 : 1e-12)
              << threads << " threads: " << steps.names[i];
          EXPECT_EQ(distance(shared.tensors[i], again.tensors[i]), 0) << steps.names[i];
        }
      }
    }
  }
}

TEST_P(CellLanes, LeaveGradientsThatAgreeWithFiniteDifferences) {
  const Threads scope(2);
  constexpr std::int64_t T = 8, N = 33, I = 2, H = 3;
  LoneCell lone(GetParam(), {I, H, {}}, DType::f64);
  std::vector<Tensor> inputs{random_tensor({T, N, I}, "x")};
  const GradientCheck check = check_gradients(
      [&](Graph& graph, std::span<const Var> leaves) {
        State state;
        for (const StatePart& part : lone.cell->parts())
          state.push_back(graph.constant(Tensor::zeros({N, part.width}, DType::f64)));
        const Unrolled done = lone.cell->run(leaves[0], state);
        Var loss = sum(done.outputs * graph.constant(random_tensor(done.outputs.shape(), "up")));
        for (const Var& part : done.last)
          loss = loss + sum(part * graph.constant(random_tensor(part.shape(), "last")));
        return loss;
      },
      inputs, lone.store.all());
  EXPECT_TRUE(check.passed()) << check.worst << " at " << check.where;
}

/// Outputs, last state and gradients of packed lanes, the longest first.
std::vector<Tensor> packed(const Variant& variant, int threads, bool together = false) {
  const Threads scope(threads);
  detect_anomalies(together);                    // for which lanes are never shared
  constexpr std::int64_t T = 36, N = 60, I = 3;  // 6 steps of 54, 45, 36, … lanes
  LoneCell lone(variant, {I, 7, {}}, DType::f64);
  std::vector<std::int32_t> lengths;
  for (std::int64_t n = 0; n < N; ++n)
    lengths.push_back(static_cast<std::int32_t>(36 - 6 * (n / 9)));
  const Packing packing(T, lengths);
  Graph graph;
  const Var x = graph.input(random_tensor({packing.rows(), I}, "x"));
  State state;
  for (const Tensor& part : lone.initial(N)) state.push_back(graph.input(part));
  const Unrolled done = lone.cell->run(x, packing, state);
  Var loss = sum(tanh(done.outputs) * done.outputs);
  for (const Var& part : done.last) loss = loss + sum(tanh(part));
  graph.backward(loss);
  std::vector<Tensor> all{done.outputs.value(), graph.gradient(x)};
  for (std::size_t i = 0; i < state.size(); ++i) {
    all.push_back(done.last[i].value());
    all.push_back(graph.gradient(state[i]));
  }
  for (const Parameter* parameter : lone.store.all()) all.push_back(parameter->gradient().clone());
  detect_anomalies(false);
  return all;
}

TEST_P(CellLanes, OfDifferentLengthsGiveTheSameInAnyThreads) {
  const std::vector<Tensor> plain = packed(GetParam(), 1, true);
  for (const int threads : {1, 2, 3}) {
    const std::vector<Tensor> shared = packed(GetParam(), threads);
    for (std::size_t i = 0; i < plain.size(); ++i)
      EXPECT_LE(distance(shared[i], plain[i]), 1e-12) << i;
  }
}

TEST_P(CellLanes, RoundAlikeInMixedPrecision) {
  std::vector<Tensor> outputs;
  for (const int threads : {1, 2}) {
    const Threads scope(threads);
    LoneCell lone(GetParam(), {3, 8, {}}, DType::f32);
    Graph graph;
    graph.set_precision(Precision::bf16);
    State state;
    for (const Tensor& part : lone.initial(40)) state.push_back(graph.constant(part));
    outputs.push_back(lone.cell->run(graph.input(random_tensor({8, 40, 3}, "x", DType::f32)), state)
                          .outputs.value());
  }
  EXPECT_LE(distance(outputs[1], outputs[0]), 2e-3);
}

INSTANTIATE_TEST_SUITE_P(Cells, CellLanes, testing::ValuesIn(all_variants()), label_of);

// ---- cells that keep their lanes together -------------------------------------------------------

using Step = std::function<Var(Var x, Var h)>;

/// h' = step(x, h), with a state of the input's width.
class Custom : public Cell {
 public:
  Custom(std::int64_t width, Step step) : width_(width), step_(std::move(step)) {}
  std::vector<StatePart> state() const override { return {{"h", width_}}; }

 protected:
  Var project(Var x) override { return x; }
  State step(Var projected, const State& state) override { return {step_(projected, state[0])}; }

 private:
  std::int64_t width_;
  Step step_;
};

/// The same, looped in one thread.
class Together final : public Custom {
 public:
  using Custom::Custom;

 protected:
  Unrolled unroll(Var projected, const State& state) override { return loop(projected, state); }
};

constexpr std::int64_t kSteps = 7, kLanes = 40, kWidth = 3;

Tensor outputs_of(Cell& cell) {
  Graph graph;
  const Var x = graph.input(random_tensor({kSteps, kLanes, kWidth}, "x", DType::f32));
  const State state{graph.constant(Tensor::zeros({kLanes, kWidth}))};
  const Unrolled done = cell.run(x, state);
  graph.backward(sum(done.outputs));
  return done.outputs.value();
}

/// Is it computed as if one thread had all lanes, the first time and the second?
template <typename Make>
void expect_together(const Make& make) {
  const Threads scope(2);
  Together together(kWidth, make());
  Custom custom(kWidth, make());
  for (int round = 0; round < 2; ++round)
    EXPECT_EQ(distance(outputs_of(custom), outputs_of(together)), 0) << round;
}

TEST(CellLanes, ThatLookAtEachOtherStayTogether) {
  expect_together(
      [] { return [](Var x, Var h) { return tanh(x + h - (1.0 / kLanes) * sum(h)); }; });
  expect_together([] {  // half of the lanes see the other half
    return [](Var x, Var h) {
      const std::int64_t n = h.dim(0);
      const Var rows[] = {slice(h, n - 1, n), slice(h, 0, n - 1)};
      return tanh(x + 0.5 * join_rows(rows));
    };
  });
}

TEST(CellLanes, ThatDropOutStayTogetherAndDrawTheSame) {
  expect_together([] {
    return [random = std::make_shared<RandomStream>(1, "inside")](Var x, Var h) {
      return tanh(x + dropout(h, 0.5, *random));
    };
  });
}

TEST(CellLanes, ThatNormaliseTheBatchStayTogether) {
  expect_together([] {
    return [running = std::make_shared<ChannelStatistics>(kWidth, DType::f32)](Var x, Var h) {
      Graph& graph = *x.graph();
      return tanh(x + batch_norm(h + x, graph.constant(Tensor::full({kWidth}, 1)),
                                 graph.constant(Tensor::zeros({kWidth})), *running));
    };
  });
}

TEST(CellLanes, ThatRememberStayTogether) {
  // It draws by itself: the trial takes some numbers, and none may be drawn by two threads.
  const Threads scope(2);
  std::vector<std::int64_t> rows;
  RandomStream random(1, "inside");
  Custom custom(kWidth, [&](Var x, Var h) {
    rows.push_back(x.dim(0));
    return tanh(x + random.uniform(0.1, 1) * h);
  });
  outputs_of(custom);
  rows.clear();
  outputs_of(custom);
  EXPECT_EQ(rows, std::vector<std::int64_t>(kSteps, kLanes));
}

TEST(CellLanes, GoToSeveralThreads) {
  const Threads scope(2);
  std::atomic<std::int64_t> largest = 0, calls = 0;
  Custom custom(kWidth, [&](Var x, Var h) {
    if (x.dim(0) > largest) largest = x.dim(0);
    ++calls;
    return tanh(x + h);
  });
  outputs_of(custom);
  largest = calls = 0;
  outputs_of(custom);
  EXPECT_EQ(largest, kLanes / 2);
  EXPECT_EQ(calls, 2 * kSteps);
}

TEST(CellLanes, ThatKeepWhatAStepGaveStayTogether) {
  // A lane looks at that lane alone, but as it was a step before; two threads would mix them up.
  const Threads scope(2);
  std::vector<std::int64_t> rows;
  Tensor before;
  Custom custom(kWidth, [&](Var x, Var h) {
    rows.push_back(x.dim(0));
    Var sum = x + h;
    if (before.defined() && before.shape() == h.shape()) sum = sum + x.graph()->constant(before);
    before = h.value().clone();
    return tanh(sum);
  });
  outputs_of(custom);
  rows.clear();
  outputs_of(custom);
  EXPECT_EQ(rows, std::vector<std::int64_t>(kSteps, kLanes));
}

TEST(CellLanes, SayOfAnErrorWhatTheWholeBatchWouldSay) {
  const Threads scope(2);
  Custom good(kWidth, [](Var x, Var h) { return tanh(x + h); });
  outputs_of(good);
  bool broken = false;
  Custom cell(kWidth, [&](Var x, Var h) {
    if (broken) throw std::domain_error(fmt::format("{} lanes", x.dim(0)));
    return tanh(x + h);
  });
  cell.comes_from({"cell", "custom", "custom.so"});
  const Tensor before = outputs_of(cell);
  broken = true;
  try {
    outputs_of(cell);
    FAIL();
  } catch (const PluginError& error) {
    EXPECT_STREQ(error.what(),
                 "cell 'custom' threw in Cell::step, projected [40, 3], h [40, 3]: 40 lanes "
                 "(custom.so)");
  }
  broken = false;
  EXPECT_EQ(distance(outputs_of(cell), before), 0);
}

TEST(CellLanes, ThatOnlyGoTogetherAreFoundOutLater) {
  const Threads scope(2);
  bool whole = false;
  Custom cell(kWidth, [&](Var x, Var h) {
    if (whole && x.dim(0) != kLanes) throw std::domain_error("not all lanes");
    return tanh(x + h);
  });
  const Tensor before = outputs_of(cell);
  whole = true;
  EXPECT_LE(distance(outputs_of(cell), before), 1e-6);
}

TEST(CellLanes, OfAnomaliesAreNamedInTheWholeBatch) {
  const Threads scope(2);
  Custom cell(kWidth, [](Var x, Var h) { return log(x + h); });
  detect_anomalies(true);
  try {
    outputs_of(cell);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("of [40, 3]"), std::string::npos) << error.what();
  }
  detect_anomalies(false);
}

}  // namespace
}  // namespace unroll::test

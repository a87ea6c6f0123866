// Gradients by lag against finite differences from every step on, and shares of saturated gates
// against counting by hand, in double precision.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include <unroll/analysis/recurrent_memory.hpp>
#include <unroll/config/yaml.hpp>
#include <unroll/plugin/registry.hpp>

#include "paths.hpp"

namespace unroll {
namespace {

constexpr std::int64_t kSteps = 7, kSequences = 3, kLetters = 5;

const Registry& registry() {
  static const Registry all({test::plugins()});
  return all;
}

struct Built {
  Domain domain;
  ParameterStore store;
  std::unique_ptr<Architecture> architecture;

  Built(const std::string& yaml, DType type) : store(5, type) {
    domain.fields.text = domain.fields.label = true;
    domain.fields.whole = false;
    if (yaml.starts_with("one_to_one")) domain.fields.features = {1};
    domain.text = Vocabulary({"a", "b", "c", "d", "e"}, {});
    domain.classes = {"x", "y"};
    domain.class_counts = {1, 1};
    Problems problems;
    const Node node = load_yaml_text(yaml, "model", problems);
    problems.throw_if_any();
    const Node::Entry& entry = node.entries().front();
    architecture = registry().make_architecture({entry.key, entry.value, {}},
                                                {domain, registry(), Parameters(store)});
    for (Parameter* parameter : store.all()) {
      RandomStream random(9, parameter->name());
      Tensor value = parameter->value();
      for (std::int64_t i = 0; i < value.size(); ++i) {
        const double x = random.uniform(-1, 1);
        if (type == DType::f64)
          value.data<double>()[i] = x;
        else
          value.data<float>()[i] = static_cast<float>(x);
      }
    }
  }
};

Batch some_batch() {
  RandomStream random(4, "batch");
  Batch batch;
  batch.inputs = Tensor::empty({kSteps, kSequences}, DType::i32);
  batch.targets = Tensor::empty({kSteps, kSequences}, DType::i32);
  for (Tensor* ids : {&batch.inputs, &batch.targets})
    for (TokenId& id : ids->span<TokenId>()) id = static_cast<TokenId>(random.below(kLetters));
  return batch;
}

/// Steps begin … end-1 of a batch, with the targets of the last step alone.
Batch part_of(const Batch& batch, std::int64_t begin, std::int64_t end) {
  Batch part;
  part.inputs = batch.inputs.slice(begin, end).clone();
  part.targets = batch.targets.slice(begin, end).clone();
  for (std::int64_t t = begin; t + 1 < end; ++t) part.targets[t - begin].fill(-1);
  return part;
}

/// The summed loss of the last step, from a state.
double loss_from(Architecture& architecture, const Batch& part, const Carry& state) {
  Graph graph(Graph::Mode::infer);
  Carry carry;
  for (const Tensor& tensor : state) carry.push_back(tensor.clone());
  return architecture.run(graph, part, carry, nullptr).total;
}

class GradientByLag : public testing::TestWithParam<const char*> {};

TEST_P(GradientByLag, MatchesFiniteDifferences) {
  const Built built(std::string("many_to_many: {hidden: 4, cell: ") + GetParam() + "}", DType::f64);
  Architecture& architecture = *built.architecture;
  const Batch batch = some_batch();
  const RecurrentMemory memory = recurrent_memory(architecture, batch, kSteps + 2);
  ASSERT_EQ(memory.size(), 1U);
  const LayerMemory& layer = memory.at("recurrence/layer0/forward");
  for (std::int64_t lag = 1; lag < kSteps; ++lag) {
    Carry state;
    {
      Graph graph(Graph::Mode::infer);
      architecture.run(graph, part_of(batch, 0, kSteps - lag), state, nullptr);
    }
    ASSERT_EQ(state.size(), layer.gradient_by_lag.size());
    // What an lstm's c does through h of the same step counts too: h = o tanh(c).
    const bool plain = std::string_view(GetParam()) == "lstm";
    const Tensor h = state[0].clone(), c = state.back().clone();
    const Batch rest = part_of(batch, kSteps - lag, kSteps);
    for (std::size_t p = 0; p < (plain ? 2U : 1U); ++p) {
      const auto moved = [&](std::int64_t i, double by) {
        state[p].data<double>()[i] += by;
        if (p == 1)
          state[0].data<double>()[i] = h.data<double>()[i] / std::tanh(c.data<double>()[i]) *
                                       std::tanh(c.data<double>()[i] + by);
        const double loss = loss_from(architecture, rest, state);
        state[0].copy_from(h);
        state.back().copy_from(state.size() > 1 ? c : h);
        return loss;
      };
      std::vector<double> squares(kSequences);
      for (std::int64_t i = 0; i < state[p].size(); ++i) {
        constexpr double kStep = 1e-5;
        const double slope = (moved(i, kStep) - moved(i, -kStep)) / (2 * kStep);
        squares[static_cast<std::size_t>(i / state[p].dim(1))] += slope * slope;
      }
      double mean = 0;
      for (const double square : squares) mean += std::sqrt(square) / kSequences;
      const auto& [name, found] = layer.gradient_by_lag[p];
      EXPECT_NEAR(found[static_cast<std::size_t>(lag)], mean, 1e-6 * mean) << name << " " << lag;
    }
  }
  const std::vector<double>& h = layer.gradient_by_lag.front().second;
  EXPECT_EQ(layer.gradient_by_lag.front().first, "h");
  EXPECT_TRUE(std::isnan(h[kSteps])) << "no sequence is so long";
  EXPECT_GT(h[0], 0);
}

INSTANTIATE_TEST_SUITE_P(Cells, GradientByLag,
                         testing::Values("rnn", "lstm", "{lstm: {peepholes: true}}",
                                         "{lstm: {projection: 3}}", "gru", "{gru: {reset: before}}",
                                         "{rnn: {activation: relu}}"));

TEST(RecurrentMemory, LagZeroIsTheLastStepThatCounts) {
  const Built built("many_to_many: {hidden: 4, layers: 2, cell: gru}", DType::f64);
  Batch longer = some_batch();
  // The second sequence ends two steps earlier; what follows is padding.
  for (std::int64_t t = kSteps - 2; t < kSteps; ++t)
    longer.inputs.data<TokenId>()[t * kSequences + 1] =
        longer.targets.data<TokenId>()[t * kSequences + 1] = -1;
  const RecurrentMemory both = recurrent_memory(*built.architecture, longer, kSteps);
  std::vector<double> expected(kSteps), counts(kSteps);
  for (std::int64_t n = 0; n < kSequences; ++n) {
    const std::int64_t steps = n == 1 ? kSteps - 2 : kSteps;
    Batch alone;
    alone.inputs = Tensor::empty({steps, 1}, DType::i32);
    alone.targets = Tensor::empty({steps, 1}, DType::i32);
    for (std::int64_t t = 0; t < steps; ++t) {
      alone.inputs.data<TokenId>()[t] = longer.inputs.data<TokenId>()[t * kSequences + n];
      alone.targets.data<TokenId>()[t] = longer.targets.data<TokenId>()[t * kSequences + n];
    }
    const auto one = recurrent_memory(*built.architecture, alone, steps)
                         .at("recurrence/layer1/forward")
                         .gradient_by_lag.front()
                         .second;
    for (std::size_t k = 0; k < one.size(); ++k) {
      expected[k] += one[k];
      counts[k] += 1;
    }
  }
  const auto& found = both.at("recurrence/layer1/forward").gradient_by_lag.front().second;
  for (std::size_t k = 0; k < expected.size(); ++k)
    EXPECT_NEAR(found[k], expected[k] / counts[k], 1e-12) << k;
  EXPECT_EQ(both.size(), 2U) << "both layers";
}

TEST(RecurrentMemory, OfClassesWhoseTextsAreOfDifferentLengthsAndReadBothWays) {
  const Built built("many_to_one: {hidden: 4, cell: lstm, bidirectional: true}", DType::f64);
  Batch batch;
  batch.inputs = some_batch().inputs;
  batch.labels = Tensor::zeros({kSequences}, DType::i32);
  batch.lengths = {kSteps, 4, 2};
  for (std::int64_t n = 0; n < kSequences; ++n)
    for (std::int64_t t = batch.lengths[static_cast<std::size_t>(n)]; t < kSteps; ++t)
      batch.inputs.data<TokenId>()[t * kSequences + n] = -1;
  const RecurrentMemory memory = recurrent_memory(*built.architecture, batch, kSteps);
  for (const char* direction : {"forward", "backward"}) {
    const LayerMemory& layer = memory.at(std::string("recurrence/layer0/") + direction);
    for (const auto& [part, gradients] : layer.gradient_by_lag)
      for (const double gradient : gradients) EXPECT_GT(gradient, 0) << direction << " " << part;
  }
}

TEST(RecurrentMemory, ChangesNothingAndIsTheSameInSinglePrecision) {
  const std::string model = "many_to_many: {hidden: 4, cell: lstm}";
  const Built exact(model, DType::f64), built(model, DType::f32);
  const Batch batch = some_batch();
  Carry carry;
  Graph graph(Graph::Mode::infer);
  const double before = built.architecture->run(graph, batch, carry, nullptr).total;
  const auto found = recurrent_memory(*built.architecture, batch, kSteps).begin()->second;
  const auto wanted = recurrent_memory(*exact.architecture, batch, kSteps).begin()->second;
  for (std::size_t k = 0; k < kSteps; ++k)
    EXPECT_NEAR(found.gradient_by_lag[1].second[k], wanted.gradient_by_lag[1].second[k],
                1e-5 * wanted.gradient_by_lag[1].second[k]);
  carry.clear();
  EXPECT_EQ(built.architecture->run(graph, batch, carry, nullptr).total, before);
}

TEST(RecurrentMemory, NoRecurrenceNothingFound) {
  const Built built("one_to_one: {encoder: {mlp: {hidden: [6]}}}", DType::f64);
  Batch batch;
  batch.features = Tensor::zeros({kSequences, 1}, DType::f64);
  batch.labels = Tensor::zeros({kSequences}, DType::i32);
  EXPECT_TRUE(recurrent_memory(*built.architecture, batch, 3).empty());
}

TEST(RecurrentMemory, MeanLag) {
  std::vector<double> falling;
  for (int k = 0; k < 400; ++k) falling.push_back(std::exp(-k / 12.0));
  EXPECT_NEAR(memory_length(falling), 1 / (std::exp(1 / 12.0) - 1), 1e-9) << "11.5: about 12";
  EXPECT_EQ(memory_length({1, 0, 0}), 0);
  EXPECT_EQ(memory_length({1, 1, 1, NAN}), 1);
  EXPECT_TRUE(std::isnan(memory_length({NAN, NAN})));
  EXPECT_TRUE(std::isnan(memory_length({0})));
}

TEST(RecurrentMemory, SaturationCountsUnitsStepsAndSequences) {
  // Gates of an lstm whose weights are zero depend on their biases alone.
  Built built("many_to_many: {hidden: 2, cell: lstm}", DType::f64);
  for (Parameter* parameter : built.store.all()) {
    Tensor value = parameter->value();
    value.fill(0);
    if (parameter->name() != "recurrence/layer0/forward/b") continue;
    const double b[] = {5, 0, -5, 5, 5, -5, 0, 1};  // i, f, g, o: two units each
    std::copy(std::begin(b), std::end(b), value.data<double>());
  }
  const RecurrentMemory memory = recurrent_memory(*built.architecture, some_batch(), kSteps);
  const auto& shares = memory.begin()->second.saturated;
  ASSERT_EQ(shares.size(), 4U);
  const auto share = [&](const char* gate) {
    return std::pair(shares.at(gate).low, shares.at(gate).high);
  };
  EXPECT_EQ(share("i"), std::pair(0.0, 0.5));
  EXPECT_EQ(share("f"), std::pair(0.5, 0.5));
  EXPECT_EQ(share("g"), std::pair(0.5, 0.5));
  EXPECT_EQ(share("o"), std::pair(0.0, 0.0));
}

}  // namespace
}  // namespace unroll

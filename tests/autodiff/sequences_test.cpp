// Operations on sequences of different lengths: gradients, and what masks must leave alone.
#include <gmock/gmock.h>

#include "gradient_cases.hpp"

namespace unroll::test {
namespace {

const std::vector<std::int32_t> kLengths{4, 3, 3, 1, 0};

const std::vector<std::int32_t> kUnsorted{3, 0, 5, 1, 4};

const Packing& packing() {
  static const Packing packed(5, kLengths);  // no lane has a fifth step
  return packed;
}

std::vector<Case> cases() {
  const Shape x{5, 5, 3}, rows{11, 3};
  return {
      {"pack", {x}, [](Graph&, In v) { return weigh(tanh(pack(v[0], packing()))); }},
      {"unpack", {rows}, [](Graph&, In v) { return weigh(tanh(unpack(v[0], packing()))); }},
      {"reverse_sequences",
       {rows},
       [](Graph&, In v) { return weigh(tanh(reverse_sequences(v[0], packing()))); }},
      {"packed_one_hot",
       {{7, 3}},
       [](Graph& g, In v) {
         std::vector<std::int32_t> ids;
         for (std::int32_t i = 0; i < 25; ++i) ids.push_back(i * 5 % 7);
         const Var hot = g.one_hot(Tensor::of<std::int32_t>({5, 5}, ids), 7, v[0].dtype());
         const Var packed = pack(hot, packing());
         EXPECT_TRUE(g.ids_of(packed).defined());
         EXPECT_TRUE(g.ids_of(reverse_sequences(packed, packing())).defined());
         return weigh(matmul(packed, v[0]) + matmul(reverse_sequences(packed, packing()), v[0]));
       }},
      {"dropout_of_lanes",
       {rows},
       [](Graph&, In v) {
         RandomStream random(3, "dropout");
         return weigh(dropout(v[0], 0.4, random, packing()));
       }},
      {"mean_over_time", {x}, [](Graph&, In v) { return weigh(tanh(mean_over_time(v[0]))); }},
      {"mean_of_lengths",
       {x},
       [](Graph&, In v) { return weigh(tanh(mean_over_time(v[0], kUnsorted))); }},
      {"max_over_time", {x}, [](Graph&, In v) { return weigh(tanh(max_over_time(v[0]))); }},
      {"max_of_lengths",
       {x},
       [](Graph&, In v) { return weigh(tanh(max_over_time(v[0], kUnsorted))); }},
      {"last_step", {x}, [](Graph&, In v) { return weigh(tanh(last_step(v[0]))); }},
      {"last_of_lengths",
       {x},
       [](Graph&, In v) { return weigh(tanh(last_step(v[0], kUnsorted)) * last_step(v[0])); }},
      {"repeat_time", {{2, 3}}, [](Graph&, In v) { return weigh(tanh(repeat_time(v[0], 4))); }},
      {"split_rows",
       {{6, 3}},
       [](Graph&, In v) {
         const std::int64_t sizes[] = {2, 1, 0, 3};
         const std::vector<Var> p = split_rows(v[0], sizes);
         return weigh(tanh(p[0])) + weigh(p[3] * p[3]);  // nothing comes back from p[1]
       }},
      {"split_rows_reused",
       {{6, 3}},
       [](Graph&, In v) {
         const std::int64_t sizes[] = {2, 4};
         const std::vector<Var> p = split_rows(v[0], sizes);
         return weigh(tanh(p[0])) + weigh(p[1]) + weigh(tanh(v[0]));
       }},
      {"join_rows",
       {{2, 3}, {4, 3}},
       [](Graph&, In v) {
         const Var parts[] = {v[1], tanh(v[0]), v[1]};
         return weigh(tanh(join_rows(parts)));
       }},
  };
}

class SequenceGradients : public testing::TestWithParam<Case> {};

TEST_P(SequenceGradients, AgreeWithFiniteDifferences) {
  expect_gradients_of_differences(GetParam());
}

TEST_P(SequenceGradients, AreTheSameInSinglePrecision) {
  expect_the_same_in_single_precision(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Operations, SequenceGradients, testing::ValuesIn(cases()),
                         [](const auto& each) { return each.param.name; });

std::vector<float> numbers(std::int64_t count) {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  return values;
}

TEST(Packing, KeepsWholeStepsInOnePiece) {
  std::vector<std::pair<std::int64_t, std::int64_t>> runs;
  for (const Packing::Run& run : packing().runs()) runs.emplace_back(run.steps, run.lanes);
  EXPECT_THAT(runs,
              testing::ElementsAre(testing::Pair(1, 4), testing::Pair(2, 3), testing::Pair(1, 1)));
  EXPECT_EQ(packing().rows(), 11);
}

TEST(Packing, LeavesOutWhatIsBeyondALanesLength) {
  Graph graph;
  const Packing two(3, std::vector<std::int32_t>{3, 1});
  const Var x = graph.constant(Tensor::of<float>({3, 2, 1}, numbers(6)));
  const Var rows = pack(x, two);
  EXPECT_THAT(rows.value().span<float>(), testing::ElementsAre(0, 1, 2, 4));
  EXPECT_THAT(reverse_sequences(rows, two).value().span<float>(), testing::ElementsAre(4, 1, 2, 0));
  EXPECT_THAT(unpack(rows, two).value().span<float>(), testing::ElementsAre(0, 1, 2, 0, 4, 0));
}

TEST(Packing, OfLanesWithoutStepsIsEmpty) {
  const Packing none(3, std::vector<std::int32_t>{0, 0});
  EXPECT_EQ(none.rows(), 0);
  EXPECT_TRUE(none.runs().empty());
  Graph graph;
  const Var x = graph.input(Tensor::full({3, 2, 4}, 1));
  const Var y = unpack(pack(x, none), none);
  EXPECT_THAT(y.value().span<float>(), testing::Each(0));
  graph.backward(sum(y));
  EXPECT_THAT(graph.gradient(x).span<float>(), testing::Each(0));
}

TEST(Packing, SaysWhichLaneDoesNotFit) {
  const auto refusal = [](std::int64_t steps, const std::vector<std::int32_t>& lengths) {
    try {
      const Packing packed(steps, lengths);
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  EXPECT_EQ(refusal(3, {3, 1, 2}),
            "packing: lane 2 of length 2 follows one of length 1; sort the lanes of a batch by "
            "falling length");
  EXPECT_EQ(refusal(3, {4, 1}), "packing: lane 0 has length 4, expected 0 … 3");
  EXPECT_EQ(refusal(3, {3, -1}), "packing: lane 1 has length -1, expected 0 … 3");
}

TEST(Packing, RefusesShapesThatDoNotFit) {
  Graph graph;
  const Var x = graph.constant(Tensor::zeros({5, 4, 3}));
  EXPECT_THROW(pack(x, packing()), std::invalid_argument);
  EXPECT_THROW(unpack(at(x, 0), packing()), std::invalid_argument);
  EXPECT_THROW(reverse_sequences(x, packing()), std::invalid_argument);
  const std::int64_t sizes[] = {2, 4};
  EXPECT_THROW(split_rows(x, sizes), std::invalid_argument);
  const Var parts[] = {x, at(x, 0)};
  EXPECT_THROW(join_rows(parts), std::invalid_argument);
}

TEST(Packing, DropsTheSameOfALaneAsUnpacked) {
  RandomStream once(3, "dropout"), again(3, "dropout");
  Graph graph;
  const Var x = graph.constant(Tensor::full({5, 5, 3}, 1));
  const Tensor packed =
      unpack(dropout(pack(x, packing()), 0.5, once, packing()), packing()).value();
  const Tensor all = dropout(x, 0.5, again, true).value();
  for (std::int64_t t = 0; t < 5; ++t) {
    for (std::int64_t n = 0; n < 5; ++n) {
      for (std::int64_t f = 0; f < 3; ++f) {
        const auto at = (t * 5 + n) * 3 + f;
        const bool lives = t < kLengths[static_cast<std::size_t>(n)];
        EXPECT_EQ(packed.data<float>()[at], lives ? all.data<float>()[at] : 0.0f);
      }
    }
  }
}

TEST(OverTime, LeavesOutWhatIsBeyondALanesLength) {
  Graph graph;
  const std::vector<float> values{1, 8, 5, 7, 3, 9, 2, 2};
  const Var x = graph.constant(Tensor::of<float>({4, 2, 1}, values));
  const std::vector<std::int32_t> lengths{3, 0};
  EXPECT_THAT(mean_over_time(x, lengths).value().span<float>(), testing::ElementsAre(3, 0));
  EXPECT_THAT(max_over_time(x, lengths).value().span<float>(), testing::ElementsAre(5, 0));
  EXPECT_THAT(last_step(x, lengths).value().span<float>(), testing::ElementsAre(3, 0));
  EXPECT_THAT(max_over_time(x).value().span<float>(), testing::ElementsAre(5, 9));
  EXPECT_THAT(last_step(x).value().span<float>(), testing::ElementsAre(2, 2));
}

TEST(OverTime, KeepsNotANumber) {
  Graph graph;
  const std::vector<float> values{1, NAN, 2, 3, NAN, 1};
  const Var x = graph.constant(Tensor::of<float>({3, 2, 1}, values));
  for (const float v : max_over_time(x).value().span<float>()) EXPECT_TRUE(std::isnan(v));
}

TEST(OverTime, RefusesLengthsThatDoNotFit) {
  Graph graph;
  const Var x = graph.constant(Tensor::zeros({4, 2, 3}));
  const std::vector<std::int32_t> few{3}, long_one{3, 5};
  for (Var (*pooled)(Var, std::span<const std::int32_t>) :
       {mean_over_time, max_over_time, last_step}) {
    EXPECT_THROW(pooled(x, few), std::invalid_argument);
    EXPECT_THROW(pooled(x, long_one), std::invalid_argument);
    EXPECT_THROW(pooled(at(x, 0), {}), std::invalid_argument);
  }
}

}  // namespace
}  // namespace unroll::test

// Whole examples in batches: what is padded, sorted and told of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include <unroll/core/error.hpp>
#include <unroll/training/batches.hpp>

namespace unroll {
namespace {

using testing::ElementsAre;
using Goal = Task::Goal;

/// Ids 0 … 9 are letters, then <unk>, <bos> 11, <eos> 12.
Domain letters(bool target) {
  std::vector<std::string> tokens;
  for (char c = 'a'; c < 'k'; ++c) tokens.emplace_back(1, c);
  Domain domain;
  domain.fields.text = true;
  domain.fields.target = target;
  domain.text = Vocabulary::with_special(tokens, {true, true});
  if (target) domain.target = domain.text;
  return domain;
}

Encoded texts(const std::vector<TokenText>& texts, const std::vector<TokenText>& targets = {}) {
  Encoded data;
  data.text.texts = texts;
  data.target.texts = targets;
  data.examples.resize(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) data.examples[i].origin = "t:" + std::to_string(i);
  return data;
}

BatchOptions in_order(std::int64_t batch) {
  BatchOptions options;
  options.batch = batch;
  options.shuffle = false;
  return options;
}

std::vector<TokenId> ids(const Tensor& tensor) {
  return {tensor.data<TokenId>(), tensor.data<TokenId>() + tensor.size()};
}

TEST(ExampleBatches, PadWhatIsReadAndSortTheLongestFirst) {
  const Domain domain = letters(false);
  Encoded data = texts({{1}, {2, 3, 4}, {5, 6}});
  data.labels = {0, 1, 2};
  const auto batches = make_examples(data, domain, {Goal::label, true}, in_order(3));
  const Batch& batch = batches->get(0);
  EXPECT_THAT(batch.examples, ElementsAre(1, 2, 0));
  EXPECT_EQ(batch.inputs.shape(), (Shape{3, 3}));
  EXPECT_THAT(ids(batch.inputs), ElementsAre(2, 5, 1, 3, 6, -1, 4, -1, -1));
  EXPECT_THAT(batch.lengths, ElementsAre(3, 2, 1));
  EXPECT_THAT(ids(batch.labels), ElementsAre(1, 2, 0));
  EXPECT_FALSE(batch.targets.defined());
}

TEST(ExampleBatches, FrameATextToWriteWithBeginAndEnd) {
  const Domain domain = letters(true);
  const Encoded data = texts({{1, 2}, {3, 4}}, {{5}, {6, 7}});
  const auto batches = make_examples(data, domain, {Goal::text, true}, in_order(2));
  const Batch& batch = batches->get(0);
  EXPECT_THAT(batch.examples, ElementsAre(1, 0));
  EXPECT_THAT(ids(batch.inputs), ElementsAre(3, 1, 4, 2));
  EXPECT_TRUE(batch.lengths.empty());  // all the same
  EXPECT_THAT(ids(batch.previous), ElementsAre(11, 11, 6, 5, 7, -1));
  EXPECT_THAT(ids(batch.targets), ElementsAre(6, 5, 7, 12, 12, -1));
  EXPECT_EQ(batches->targets_per_epoch(), 5);
}

TEST(ExampleBatches, AWholeTextToGoOnFromIsFramedToo) {
  const Domain domain = letters(false);
  const Encoded data = texts({{1, 2}});
  const Batch batch = make_examples(data, domain, {}, in_order(1))->get(0);
  EXPECT_THAT(ids(batch.inputs), ElementsAre(11, 1, 2));
  EXPECT_THAT(ids(batch.targets), ElementsAre(1, 2, 12));
}

TEST(ExampleBatches, SequencesOfFeaturesAreTimeMajorAndPaddedWithZeros) {
  Domain domain;
  domain.fields.features = {-1, 2};
  domain.fields.values = {"sum"};
  Encoded data;
  data.examples.resize(2);
  data.examples[0].features = {1, 2};
  data.examples[1].features = {3, 4, 5, 6};
  data.examples[0].values = {10};
  data.examples[1].values = {20};
  const Batch batch = make_examples(data, domain, {Goal::values, false, true}, in_order(2))->get(0);
  EXPECT_EQ(batch.features.shape(), (Shape{2, 2, 2}));
  EXPECT_THAT(batch.features.span<float>(), ElementsAre(3, 4, 1, 2, 5, 6, 0, 0));
  EXPECT_THAT(batch.values.span<float>(), ElementsAre(20, 10));
  EXPECT_THAT(batch.lengths, ElementsAre(2, 1));
}

TEST(ExampleBatches, AnEpochHoldsEveryExampleOnceInABatchOfItsLength) {
  const Domain domain = letters(false);
  std::vector<TokenText> all;
  for (std::size_t i = 0; i < 103; ++i) all.emplace_back(1 + i * 7 % 10, TokenId(i % 10));
  Encoded data = texts(all);
  data.labels.assign(103, 0);
  BatchOptions options;
  options.batch = 8;
  options.bucket = 4;
  const auto batches = make_examples(data, domain, {Goal::label, true}, options);
  EXPECT_EQ(batches->per_epoch(), 13);
  std::vector<std::vector<std::int64_t>> orders;
  std::int64_t padded = 0;
  for (const std::int64_t epoch : {0, 1, 0}) {
    batches->begin_epoch(epoch);
    std::vector<std::int64_t> order;
    padded = 0;
    for (std::int64_t i = 0; i < batches->per_epoch(); ++i) {
      const Batch& batch = batches->get(i);
      order.insert(order.end(), batch.examples.begin(), batch.examples.end());
      const std::vector<TokenId> read = ids(batch.inputs);
      padded += std::count(read.begin(), read.end(), -1);
    }
    EXPECT_EQ(std::set<std::int64_t>(order.begin(), order.end()).size(), 103U);
    EXPECT_EQ(order.size(), 103U);
    orders.push_back(order);
  }
  EXPECT_EQ(orders[0], orders[2]);  // the epoch alone decides
  EXPECT_NE(orders[0], orders[1]);
  EXPECT_LT(padded, 120);  // of some 570 tokens; unsorted batches would pad about 400
}

TEST(ExampleBatches, RefuseWhatCannotBeUsedByItsName) {
  const auto message = [](const Encoded& data, const Domain& domain, Task task) -> std::string {
    try {
      make_examples(data, domain, task, in_order(2));
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing";
  };
  EXPECT_EQ(message(texts({{1}, {}}), letters(false), {Goal::label, true}),
            "t:1: there is nothing to read");
  EXPECT_EQ(message(texts({{1}, {2, 3}}, {{1}, {1}}), letters(true), {Goal::tags, true}),
            "t:1: 1 tags for 2 tokens; there must be one for each");
}

}  // namespace
}  // namespace unroll

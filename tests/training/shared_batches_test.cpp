#include <gmock/gmock.h>

#include <unroll/training/shared_batches.hpp>

#include "training/thread_ranks.hpp"

namespace unroll {
namespace {

using testing::ElementsAre;

/// One batch, whatever is asked for.
class OneBatch final : public Batches {
 public:
  explicit OneBatch(Batch batch) : batch_(std::move(batch)) {}
  std::int64_t per_epoch() const override { return 1; }
  std::int64_t targets_per_epoch() const override { return 12; }
  void begin_epoch(std::int64_t) override {}
  const Batch& get(std::int64_t) override { return batch_; }
  bool carries() const override { return true; }

 private:
  Batch batch_;
};

template <typename T>
Tensor tensor(const Shape& shape, std::vector<T> values) {
  return Tensor::of<T>(shape, std::span<const T>(values));
}

/// What rank `rank` of `size` gets of a batch.
Batch share(const Batch& whole, int rank, int size) {
  test::Meeting meeting(size);
  const test::ThreadRank ranks(meeting, rank);
  const auto batches = share_batches(std::make_unique<OneBatch>(whole), ranks);
  EXPECT_EQ(batches->targets_per_epoch(), 12) << "counted as the whole counts them";
  EXPECT_TRUE(batches->carries());
  return batches->get(0);
}

TEST(SharedBatches, TokensAreDividedByColumns) {
  Batch whole;
  whole.inputs = tensor<std::int32_t>({2, 3}, {1, 2, 3, 4, 5, 6});
  whole.targets = tensor<std::int32_t>({2, 3}, {11, 12, 13, 14, 15, 16});
  whole.lengths = {2, 2, 1};
  whole.examples = {7, 8, 9};
  const Batch first = share(whole, 0, 2), second = share(whole, 1, 2);
  EXPECT_THAT(first.inputs.span<std::int32_t>(), ElementsAre(1, 4));
  EXPECT_THAT(second.inputs.span<std::int32_t>(), ElementsAre(2, 3, 5, 6));
  EXPECT_THAT(second.targets.span<std::int32_t>(), ElementsAre(12, 13, 15, 16));
  EXPECT_THAT(second.lengths, ElementsAre(2, 1));
  EXPECT_THAT(first.examples, ElementsAre(7));
  EXPECT_THAT(second.examples, ElementsAre(8, 9));
}

TEST(SharedBatches, FeaturesAreDividedByRowsOrAfterTimeByColumns) {
  Batch whole;
  whole.labels = tensor<std::int32_t>({2}, {0, 1});
  whole.features = tensor<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_THAT(share(whole, 1, 2).features.span<float>(), ElementsAre(4, 5, 6));
  EXPECT_THAT(share(whole, 1, 2).labels.span<std::int32_t>(), ElementsAre(1));
  whole.features = tensor<float>({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  const Batch second = share(whole, 1, 2);
  EXPECT_THAT(second.features.span<float>(), ElementsAre(3, 4, 7, 8));
  EXPECT_THAT(second.features.shape().dims(), ElementsAre(2, 1, 2));
  whole.features = tensor<float>({2, 1, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_THAT(share(whole, 0, 2).features.span<float>(), ElementsAre(1, 2, 3, 4));
}

TEST(SharedBatches, EveryRowIsSomebodysAndOneRankMayHaveNone) {
  Batch whole;
  whole.values = tensor<float>({5, 1}, {0, 1, 2, 3, 4});
  whole.features = tensor<float>({5, 1}, {0, 1, 2, 3, 4});
  for (const int size : {1, 2, 3, 5, 7}) {
    std::vector<float> all;
    for (int rank = 0; rank < size; ++rank) {
      const Batch part = share(whole, rank, size);
      EXPECT_LE(rows_of(part), (5 + size - 1) / size);
      if (rows_of(part) == 0) continue;
      const auto values = part.values.span<float>();
      all.insert(all.end(), values.begin(), values.end());
    }
    EXPECT_THAT(all, ElementsAre(0, 1, 2, 3, 4)) << size << " ranks";
  }
  EXPECT_EQ(rows_of(share(whole, 0, 7)), 0);
}

}  // namespace
}  // namespace unroll

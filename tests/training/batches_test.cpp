#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include <unroll/core/error.hpp>
#include <unroll/training/batches.hpp>

namespace unroll {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TokenText counting(TokenId begin, TokenId end) {
  TokenText text(static_cast<std::size_t>(end - begin));
  std::iota(text.begin(), text.end(), begin);
  return text;
}

std::vector<TokenId> column(const Tensor& ids, std::int64_t n) {
  std::vector<TokenId> values;
  for (std::int64_t t = 0; t < ids.dim(0); ++t)
    values.push_back(ids.data<TokenId>()[t * ids.dim(1) + n]);
  return values;
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Failure::data);
    return error.what();
  }
  return "nothing was thrown";
}

TEST(Streams, OneTextIsCutIntoStreamsThatContinueFromWindowToWindow) {
  const auto batches = make_streams({counting(0, 27)}, {2, 4, 1, false, 1});
  EXPECT_EQ(batches->per_epoch(), 3);
  EXPECT_EQ(batches->targets_per_epoch(), 24);
  EXPECT_TRUE(batches->carries());
  batches->begin_epoch(0);
  EXPECT_THAT(column(batches->get(0).inputs, 0), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(column(batches->get(0).targets, 0), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(column(batches->get(0).inputs, 1), ElementsAre(13, 14, 15, 16));
  EXPECT_THAT(column(batches->get(2).inputs, 0), ElementsAre(8, 9, 10, 11));
  EXPECT_THAT(column(batches->get(2).targets, 1), ElementsAre(22, 23, 24, 25));
}

TEST(Streams, TheLastTargetOfAStreamMayBeTheNextStreamsFirstToken) {
  const auto batches = make_streams({counting(0, 9)}, {2, 4, 1, false, 1});
  batches->begin_epoch(0);
  EXPECT_EQ(batches->per_epoch(), 1);
  EXPECT_THAT(column(batches->get(0).targets, 0), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(column(batches->get(0).targets, 1), ElementsAre(5, 6, 7, 8));
}

TEST(Streams, AsManyTextsAsStreamsKeepTheirOwnStream) {
  const auto batches =
      make_streams({counting(0, 11), counting(100, 110), counting(200, 210)}, {3, 3, 1, false, 1});
  EXPECT_EQ(batches->per_epoch(), 3);
  batches->begin_epoch(0);
  EXPECT_THAT(column(batches->get(0).inputs, 1), ElementsAre(100, 101, 102));
  EXPECT_THAT(column(batches->get(2).targets, 2), ElementsAre(207, 208, 209));
}

TEST(Streams, OtherTextsAreJoinedInTheirOrder) {
  const auto batches = make_streams({counting(0, 3), counting(100, 107)}, {2, 2, 1, false, 1});
  batches->begin_epoch(0);
  EXPECT_THAT(column(batches->get(1).inputs, 0), ElementsAre(2, 100));
  EXPECT_THAT(column(batches->get(1).targets, 0), ElementsAre(100, 101));
}

TEST(Streams, ShufflingMovesTheBordersWithinWhatIsLeftOver) {
  const auto batches = make_streams({counting(0, 17)}, {1, 5, 1, true, 3});
  EXPECT_EQ(batches->per_epoch(), 3);
  std::set<TokenId> starts;
  for (std::int64_t epoch = 0; epoch < 20; ++epoch) {
    batches->begin_epoch(epoch);
    starts.insert(column(batches->get(0).inputs, 0).front());
    EXPECT_LE(column(batches->get(2).targets, 0).back(), 16);
  }
  EXPECT_THAT(starts, ElementsAre(0, 1));
  batches->begin_epoch(4);
  const auto first = column(batches->get(0).inputs, 0);
  batches->begin_epoch(5);
  batches->begin_epoch(4);
  EXPECT_EQ(column(batches->get(0).inputs, 0), first) << "an epoch's order follows from its number";
}

TEST(Streams, TooShortATextIsExplained) {
  EXPECT_THAT(message_of([] {
                make_streams({counting(0, 30)}, {8, 4, 1, false, 1});
              }),
              HasSubstr("30 tokens in 8 streams give 4 each, a window needs 5"));
}

/// In an order that is kept, or of more windows than may be, computed.
void expect_every_window_once(std::int64_t most_kept) {
  BatchOptions options{4, 3, 1, true, 1};
  options.most_kept = most_kept;
  const auto batches =
      make_windows({counting(0, 7), counting(100, 106), counting(200, 203)}, options);
  EXPECT_EQ(batches->per_epoch(), 2);  // 4 windows of the first text, 3 of the second
  EXPECT_EQ(batches->targets_per_epoch(), 21);
  EXPECT_FALSE(batches->carries());
  std::vector<std::vector<TokenId>> orders;
  for (std::int64_t epoch = 0; epoch < 2; ++epoch) {
    batches->begin_epoch(epoch);
    std::vector<TokenId> starts;
    for (std::int64_t i = 0; i < 2; ++i) {
      const Batch& batch = batches->get(i);
      for (std::int64_t n = 0; n < 4; ++n) {
        const auto inputs = column(batch.inputs, n), targets = column(batch.targets, n);
        starts.push_back(inputs[0]);
        if (inputs[0] < 0) {
          EXPECT_THAT(targets, ElementsAre(-1, -1, -1)) << "padding is not learnt";
          continue;
        }
        EXPECT_THAT(inputs, ElementsAre(inputs[0], inputs[0] + 1, inputs[0] + 2));
        EXPECT_THAT(targets, ElementsAre(inputs[0] + 1, inputs[0] + 2, inputs[0] + 3));
      }
    }
    orders.push_back(starts);
    std::sort(starts.begin(), starts.end());
    EXPECT_THAT(starts, ElementsAre(-1, 0, 1, 2, 3, 100, 101, 102));
  }
  EXPECT_NE(orders[0], orders[1]);
}

TEST(Windows, EveryWindowOfEveryTextComesOnceAnEpoch) {
  expect_every_window_once(7);
}

TEST(Windows, TooManyToKeepComeOnceAnEpochToo) {
  expect_every_window_once(6);
}

TEST(Windows, NarrowIdsAreTheSame) {
  const std::vector<std::uint8_t> bytes = {5, 6, 7, 250, 251, 252, 253};
  const TokenStore store({}, TokenSpan(bytes.data(), 1, 7), {3, 7});
  const auto batches = make_windows(store, {2, 2, 1, false, 1});
  EXPECT_EQ(batches->per_epoch(), 2);
  EXPECT_THAT(column(batches->get(0).inputs, 1), ElementsAre(250, 251));
  EXPECT_THAT(column(batches->get(1).targets, 0), ElementsAre(252, 253));
  const auto streams = make_streams(store, {1, 5, 1, false, 1});
  EXPECT_THAT(column(streams->get(0).targets, 0), ElementsAre(6, 7, 250, 251, 252));
  const auto documents = make_documents({store.text(0), store.text(1)}, 4);
  EXPECT_THAT(column(documents->get(0).inputs, 0), ElementsAre(5, 6, -1, -1));
}

TEST(Windows, StrideAndOrder) {
  const auto batches = make_windows({counting(0, 12)}, {2, 3, 4, false, 1});
  EXPECT_EQ(batches->per_epoch(), 2);
  batches->begin_epoch(0);
  EXPECT_THAT(column(batches->get(0).inputs, 1), ElementsAre(4, 5, 6));
  EXPECT_THAT(column(batches->get(1).inputs, 0), ElementsAre(8, 9, 10));
  EXPECT_THAT(message_of([] {
                make_windows({counting(0, 5)}, {2, 5, 1, false, 1});
              }),
              HasSubstr("no text is longer than a window of 5"));
}

TEST(Documents, RunSideBySideWithPaddingAtTheirEnds) {
  const std::vector<TokenText> texts = {counting(0, 6), counting(100, 103), counting(200, 201)};
  const auto batches = make_documents(texts, 3);
  EXPECT_EQ(batches->per_epoch(), 2);
  EXPECT_EQ(batches->targets_per_epoch(), 7);
  EXPECT_THAT(column(batches->get(0).targets, 0), ElementsAre(1, 2, 3));
  EXPECT_THAT(column(batches->get(0).inputs, 1), ElementsAre(100, 101, -1));
  EXPECT_THAT(column(batches->get(0).targets, 1), ElementsAre(101, 102, -1));
  EXPECT_THAT(column(batches->get(0).targets, 2), ElementsAre(-1, -1, -1));
  EXPECT_THAT(column(batches->get(1).targets, 0), ElementsAre(4, 5, -1));
  EXPECT_THAT(column(batches->get(1).inputs, 1), ElementsAre(-1, -1, -1));
}

TEST(Documents, ATextOfExactlyOneWindowNeedsOneBatch) {
  const std::vector<TokenText> texts = {counting(0, 4)};
  EXPECT_EQ(make_documents(texts, 3)->per_epoch(), 1);
  EXPECT_EQ(make_documents(texts, 2)->per_epoch(), 2);
}

}  // namespace
}  // namespace unroll

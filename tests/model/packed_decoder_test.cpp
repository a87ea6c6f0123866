// Packed decoders against embedding, recurrence and readout themselves, for every cell and option.
#include <gmock/gmock.h>

#include <unroll/model/packable_cell.hpp>
#include <unroll/model/packed_decoder.hpp>
#include <unroll/tensor/engine.hpp>

#include "cells_support.hpp"

namespace unroll::test {
namespace {

struct Setting {
  RecurrenceOptions recurrence;
  std::int64_t vocabulary = 11, embedding = 0;
  bool tied = false;

  std::string text() const {
    return fmt::format("hidden {} layers {} norm {} residual {} vocabulary {} embedding {} tied {}",
                       recurrence.hidden, recurrence.layers, recurrence.layer_norm,
                       recurrence.residual, vocabulary, embedding, tied);
  }
};

/// A model that writes, and how it does so without packed weights.
struct Writer {
  ParameterStore store;
  TokenInput input;
  Recurrence recurrence;
  Readout readout;
  Graph graph{Graph::Mode::infer};
  std::vector<Tensor> carry;

  Writer(const Variant& cell, const Setting& s, double scale = 0.5, DType type = DType::f32)
      : store(5, type),
        input(s.vocabulary, s.embedding, s.tied, {}, Parameters(store).scope("embedding")),
        recurrence(s.recurrence, input.width(), {}, Parameters(store).scope("recurrence"),
                   [&](const CellSizes& sizes, const Parameters& parameters) {
                     return registry().make_cell(cell.choice(), sizes, parameters);
                   }),
        readout(s.tied ? Readout(recurrence.output_width(), input.table(), {},
                                 Parameters(store).scope("output"))
                       : Readout(recurrence.output_width(), s.vocabulary, {},
                                 Parameters(store).scope("output"))) {
    randomise(store, scale);
  }

  std::unique_ptr<Decoder> packed(std::int64_t sequences) {
    return packed_decoder(input, recurrence, readout, sequences);
  }

  Tensor next(std::span<const TokenId> tokens) {
    graph.clear();
    const auto lanes = std::ssize(tokens);
    const RecurrentState state =
        carry.empty() ? recurrence.zero_state(graph, lanes) : recurrence.from_values(graph, carry);
    const Tensor ids = Tensor::of<TokenId>({1, lanes}, tokens);
    const auto result = recurrence.run(input(graph, ids), state, nullptr);
    carry = Recurrence::values(result.last);
    return readout(result.outputs).value().reshaped({lanes, readout.bias().size()});
  }
};

Tensor as_tensor(std::span<const float> logits, std::int64_t lanes) {
  return Tensor::of({lanes, std::ssize(logits) / lanes}, logits);
}

/// Tokens of so many sequences at a step; the last id among them.
std::vector<TokenId> tokens_at(std::int64_t step, std::int64_t lanes, std::int64_t vocabulary) {
  std::vector<TokenId> tokens;
  for (std::int64_t n = 0; n < lanes; ++n)
    tokens.push_back(static_cast<TokenId>((vocabulary - 1 + 7 * step + 5 * n) % vocabulary));
  return tokens;
}

std::vector<Setting> settings() {
  std::vector<Setting> all;
  for (const std::int64_t hidden : {1, 5, 16, 37})
    for (const std::int64_t layers : {1, 3}) {
      RecurrenceOptions plain;
      plain.hidden = hidden;
      plain.layers = layers;
      RecurrenceOptions decorated = plain;
      decorated.residual = decorated.layer_norm = true;
      for (const RecurrenceOptions& recurrence : {plain, decorated}) {
        all.push_back({recurrence});
        all.push_back({recurrence, hidden});  // one-hot input that a residual can be added to
        all.push_back({recurrence, 11, 6});
        all.push_back({recurrence, 11, hidden, true});
        all.push_back({recurrence, 1030, 6});  // too many to fold
      }
    }
  return all;
}

bool packs(const Variant& variant) {
  const bool known = variant.cell == "lstm" || variant.cell == "gru" || variant.cell == "rnn" ||
                     variant.cell == "irnn";
  return known && variant.fused();
}

/// On one thread: these models are too small to be shared.
class PackedDecoders : public testing::TestWithParam<Variant> {
 protected:
  void SetUp() override { Engine::get().set_threads(1); }
  void TearDown() override { Engine::get().set_threads(threads_); }

 private:
  int threads_ = Engine::get().threads();
};

TEST_P(PackedDecoders, AgreeWithTheLayersThemselves) {
  if (!packs(GetParam())) {
    EXPECT_EQ(Writer(GetParam(), settings().front()).packed(1), nullptr);
    return;
  }
  for (const Setting& setting : settings()) {
    for (const std::int64_t lanes : {1, 4}) {
      Writer writer(GetParam(), setting);
      const auto decoder = writer.packed(lanes);
      ASSERT_NE(decoder, nullptr) << setting.text();
      decoder->reset();
      for (std::int64_t step = 0; step < 12; ++step) {
        const auto tokens = tokens_at(step, lanes, setting.vocabulary);
        const Tensor expected = writer.next(tokens);
        ASSERT_LT(distance(as_tensor(decoder->next(tokens), lanes), expected), 1e-5)
            << setting.text() << " lanes " << lanes << " step " << step;
      }
      decoder->reset();
      writer.carry.clear();
      const auto tokens = tokens_at(3, lanes, setting.vocabulary);
      EXPECT_LT(distance(as_tensor(decoder->next(tokens), lanes), writer.next(tokens)), 1e-5)
          << "after reset, " << setting.text();
    }
  }
}

TEST_P(PackedDecoders, AgreeForEveryInstructionSet) {
  if (!packs(GetParam())) return;
  Setting setting;
  setting.recurrence.hidden = 37;
  setting.recurrence.layers = 2;
  for (const std::string& target : Engine::get().vector_targets()) {
    Engine::get().use_vector_target(target);
    Writer writer(GetParam(), setting);
    const auto decoder = writer.packed(4);
    for (std::int64_t step = 0; step < 6; ++step) {
      const auto tokens = tokens_at(step, 4, setting.vocabulary);
      const Tensor expected = writer.next(tokens);
      EXPECT_LT(distance(as_tensor(decoder->next(tokens), 4), expected), 1e-5) << target;
    }
  }
  Engine::get().use_vector_target({});
}

TEST_P(PackedDecoders, CompanyThreadsAndOrderChangeNoBit) {
  if (!packs(GetParam())) return;
  Setting setting;
  setting.recurrence.hidden = 400;  // enough for threads to share a step
  setting.recurrence.layers = 2;
  Writer writer(GetParam(), setting, 0.1);
  for (const WeightFormat format : {WeightFormat::f32, WeightFormat::bf16, WeightFormat::int8}) {
    const auto decoder = [&](std::int64_t lanes) {
      auto made = writer.packed(lanes);
      EXPECT_TRUE(dynamic_cast<WeightFormatChoice&>(*made).use_format(format));
      return made;
    };
    const auto together = decoder(4), alone = decoder(1), shared = decoder(1);
    std::vector<TokenId> tokens(4);
    for (std::int64_t step = 0; step < 4; ++step) {
      tokens = tokens_at(step, 4, setting.vocabulary);
      const Tensor all = as_tensor(together->next(tokens), 4);
      const std::span<const TokenId> one{tokens.data() + 2, 1};
      Engine::get().set_threads(1);
      const auto expected = alone->next(one);
      EXPECT_TRUE(std::ranges::equal(all[2].span<float>(), expected)) << name_of(format);
      Engine::get().set_threads(3);
      EXPECT_TRUE(std::ranges::equal(shared->next(one), expected)) << name_of(format);
    }
  }
}

// The small model's weights stay in second caches, so that the other thread begins with a step
// before its token is known, when that is tried; the large one's stay in those of 16 threads alone.
TEST_P(PackedDecoders, TheOrderOfProductsChangesNoBit) {
  if (!packs(GetParam())) return;
  for (const auto& [hidden, threads] : {std::pair{70, 2}, std::pair{300, 16}}) {
    Setting setting;
    setting.recurrence.hidden = hidden;
    setting.recurrence.layers = 3;
    Writer writer(GetParam(), setting, 0.1);
    for (const WeightFormat format : {WeightFormat::f32, WeightFormat::int8}) {
      const auto one = writer.packed(2), several = writer.packed(2);
      for (Decoder* decoder : {one.get(), several.get()})
        ASSERT_TRUE(dynamic_cast<WeightFormatChoice&>(*decoder).use_format(format));
      for (std::int64_t step = 0; step < 70; ++step) {
        const auto tokens = tokens_at(step, 2, setting.vocabulary);
        Engine::get().set_threads(1);
        const Tensor expected = as_tensor(one->next(tokens), 2);
        Engine::get().set_threads(threads);
        ASSERT_TRUE(std::ranges::equal(several->next(tokens), expected.span<float>()))
            << name_of(format) << " hidden " << hidden << " step " << step;
        if (step != 50) continue;
        one->reset();
        several->reset();
      }
    }
  }
}

TEST_P(PackedDecoders, FewerBitsGiveLogitsNearby) {
  if (!packs(GetParam())) return;
  Setting setting;
  setting.recurrence.hidden = 37;
  setting.recurrence.layers = 2;
  setting.embedding = 6;
  Writer writer(GetParam(), setting, 0.3);
  const auto full = writer.packed(2), half = writer.packed(2), quarter = writer.packed(2);
  ASSERT_TRUE(dynamic_cast<WeightFormatChoice&>(*half).use_format(WeightFormat::bf16));
  ASSERT_TRUE(dynamic_cast<WeightFormatChoice&>(*quarter).use_format(WeightFormat::int8));
  for (std::int64_t step = 0; step < 8; ++step) {
    const auto tokens = tokens_at(step, 2, setting.vocabulary);
    const Tensor exact = as_tensor(full->next(tokens), 2);
    for (Decoder* decoder : {half.get(), quarter.get()}) {
      const double apart = distance(as_tensor(decoder->next(tokens), 2), exact);
      EXPECT_LT(apart, 0.03) << step;
      EXPECT_GT(apart, 1e-6) << step << ": the weights are not what was asked for";
    }
  }
  EXPECT_FALSE(dynamic_cast<WeightFormatChoice&>(*full).use_format(WeightFormat::int8))
      << "too late";
}

INSTANTIATE_TEST_SUITE_P(Cells, PackedDecoders, testing::ValuesIn(all_variants()), label_of);

TEST(PackedDecoder, LeavesOtherModelsAlone) {
  Setting setting;
  EXPECT_EQ(Writer({"lstm", "lstm", "", ""}, setting, 0.5, DType::f64).packed(1), nullptr);
  setting.recurrence.bidirectional = true;
  EXPECT_EQ(Writer({"lstm", "lstm", "", ""}, setting).packed(1), nullptr);
}

TEST(PackedDecoder, ReadsTheWeightsWhenTheFirstTokenComes) {
  Setting setting;
  Writer writer({"gru", "gru", "", ""}, setting);
  const auto decoder = writer.packed(1);
  randomise(writer.store, 0.2);
  const std::vector<TokenId> token{3};
  const Tensor expected = writer.next(token);
  EXPECT_LT(distance(as_tensor(decoder->next(token), 1), expected), 1e-5);
}

}  // namespace
}  // namespace unroll::test

// Settings: experiments made flat, what differs between them, heads of columns.
#include <gmock/gmock.h>

#include <unroll/comparison/settings.hpp>
#include <unroll/core/error.hpp>

namespace unroll::comparison {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::ThrowsMessage;

Settings of(const char* yaml) {
  return Settings::parse(yaml, "run.h5");
}

std::vector<std::string> between(const std::vector<const char*>& experiments) {
  std::vector<Settings> all;
  for (const char* text : experiments) all.push_back(of(text));
  std::vector<const Settings*> pointers;
  for (const Settings& settings : all) pointers.push_back(&settings);
  return differing(pointers);
}

TEST(Settings, AreFlat) {
  const Settings settings = of(R"(seed: 1
model: {many_to_many: {cell: {lstm: {forget_bias: 1, peepholes: false}}, hidden: 64}}
data: {text: {corpus: [alice, austen], unit: stream}}
target_tokenizer: null
evaluation: {sampler: {greedy: {}}, bleu_words: "13a"})");
  EXPECT_THAT(
      settings.entries(),
      ElementsAre(Pair("seed", "1"), Pair("model", "many_to_many"),
                  Pair("model.many_to_many.cell", "lstm"),
                  Pair("model.many_to_many.cell.lstm.forget_bias", "1"),
                  Pair("model.many_to_many.cell.lstm.peepholes", "false"),
                  Pair("model.many_to_many.hidden", "64"), Pair("data", "text"),
                  Pair("data.text.corpus", "[alice, austen]"), Pair("data.text.unit", "stream"),
                  Pair("target_tokenizer", "null"), Pair("evaluation.sampler", "greedy"),
                  Pair("evaluation.bleu_words", "13a")));
  EXPECT_EQ(*settings.find("data.text.unit"), "stream");
  EXPECT_EQ(settings.find("data.text.uni"), nullptr);
  EXPECT_EQ(settings.find("zzz"), nullptr);
}

TEST(Settings, RefusesWhatIsNoYaml) {
  EXPECT_THAT([] { of("a: [1"); },
              ThrowsMessage<Error>(HasSubstr("run.h5: its configuration cannot be read")));
}

TEST(Settings, DifferenceOfAChoiceHidesItsOptions) {
  EXPECT_THAT(between({"m: {cell: {lstm: {bias: 1, peep: 0}}, hidden: 64}",
                       "m: {cell: {gru: {reset: before}}, hidden: 64}",
                       "m: {cell: {lstm: {bias: 1, peep: 0}}, hidden: 64}"}),
              ElementsAre("m.cell"));
  // An option that differs among those who chose alike is shown.
  EXPECT_THAT(between({"m: {cell: {lstm: {bias: 1, peep: 0}}, hidden: 64}",
                       "m: {cell: {gru: {reset: before}}, hidden: 64}",
                       "m: {cell: {lstm: {bias: 2, peep: 0}}, hidden: 32}"}),
              ElementsAre("m.cell", "m.cell.lstm.bias", "m.hidden"));
}

TEST(Settings, AbsentIsDifferent) {
  EXPECT_THAT(between({"a: 1\nb: {x: 1, y: 2}", "a: 1\nb: {x: 1, y: 2, z: 3}"}),
              ElementsAre("b.z"));
  EXPECT_THAT(between({"a: 1\nc: 3", "a: 1\nb: 2\nc: 4", "a: 1\nb: 2\nc: 3"}),
              ElementsAre("b", "c"));
  EXPECT_THAT(between({"a: 1"}), ElementsAre());
  EXPECT_THAT(between({}), ElementsAre());
}

TEST(Settings, BookkeepingIsNamed) {
  EXPECT_TRUE(is_bookkeeping("output"));
  EXPECT_TRUE(is_bookkeeping("generate.samplers"));
  EXPECT_TRUE(is_bookkeeping("training.log_every"));
  EXPECT_FALSE(is_bookkeeping("training.log_every_other"));
  EXPECT_FALSE(is_bookkeeping("training.batch"));
  EXPECT_FALSE(is_bookkeeping("seed"));
}

TEST(Settings, ShortNamesAreToldApart) {
  const std::vector<std::string> paths{"seed", "model.a.cell", "data.size", "training.size",
                                       "x.data.size"};
  EXPECT_THAT(short_names(paths),
              ElementsAre("seed", "cell", "data.size", "training.size", "x.data.size"));
}

}  // namespace
}  // namespace unroll::comparison

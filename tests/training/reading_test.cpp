// How a model is watched while it reads: the numbers are those of `evaluate`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include <training/small_run.hpp>
#include <unroll/training/evaluate.hpp>
#include <unroll/training/reading.hpp>

namespace unroll {
namespace {

using namespace testing_room;
using testing::Each;
using testing::ElementsAre;

template <typename T>
const std::vector<T>& values_of(const Archive& archive, const std::string& name) {
  return std::get<std::vector<T>>(archive.array(name).values);
}

double sum_of(const std::vector<float>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

std::string joined(const std::vector<std::string>& pieces) {
  return std::accumulate(pieces.begin(), pieces.end(), std::string());
}

/// A model after an epoch, and its validation split.
struct Trained {
  Trainer trainer;
  Encoded split;

  explicit Trained(const std::string& yaml) : trainer(experiment(yaml), registry()) {
    Interrupter observer(-1);
    trainer.train(nullptr, observer, nullptr);
    Splits splits = registry().make_dataset(trainer.options().data)->load();
    split = encode(splits.validation, *model().domain, model().tokenizers());
  }
  const Model& model() { return trainer.model(); }
};

class Reading : public testing::Test {
 protected:
  void SetUp() override { write_file(text, some_text(6000)); }

  std::string yaml(const std::string& data, const std::string& model,
                   const std::string& rest = {}) const {
    return "experiment: x\nthreads: 1\ndata: {text: {files: [" + text.string() +
           "], validation: 0.5" + data + "}}\nmodel: {" + model +
           "}\ntraining: {epochs: 1, batch: 4, window: 25}\n" + rest;
  }

  Folder folder;
  fs::path text = folder / "text.txt";
};

void expect_sound(const Archive& reading, std::int64_t tokens) {
  EXPECT_THAT(reading.array("tokens").shape, ElementsAre(tokens));
  EXPECT_THAT(reading.array("surprise").shape, ElementsAre(tokens));
  EXPECT_THAT(reading.array("text").shape, ElementsAre(tokens));
  EXPECT_THAT(reading.array("alternatives").shape, ElementsAre(tokens, 5));
  EXPECT_THAT(reading.array("probabilities").shape, ElementsAre(tokens, 5));
  const auto& probabilities = values_of<float>(reading, "probabilities");
  const auto& surprise = values_of<float>(reading, "surprise");
  for (std::size_t t = 0; t < surprise.size(); ++t) {
    EXPECT_GE(surprise[t], 0);
    double sum = 0;
    for (std::size_t k = 0; k < 5; ++k) {
      sum += probabilities[t * 5 + k];
      if (k > 0) {
        EXPECT_LE(probabilities[t * 5 + k], probabilities[t * 5 + k - 1]);
      }
    }
    EXPECT_LE(sum, 1 + 1e-6);
    EXPECT_GE(surprise[t], -std::log(probabilities[t * 5]) - 1e-5) << "the first is the likeliest";
  }
}

TEST_F(Reading, OfAStreamHasTheLossOfTheEvaluation) {
  Trained trained(yaml("", "many_to_many: {cell: lstm, hidden: 16, layers: 2}"));
  const Archive reading = read_held_out(trained.model(), trained.split, {.tokens = 300});
  expect_sound(reading, 300);
  Encoded begin = trained.split;
  begin.text.texts[0].resize(301);
  EXPECT_NEAR(sum_of(values_of<float>(reading, "surprise")),
              evaluate(trained.model(), begin).figures.total, 1e-3);
  const std::string all =
      trained.model().tokenizer().decode(begin.text.texts[0], trained.model().vocabulary());
  EXPECT_EQ(joined(values_of<std::string>(reading, "tokens")), all.substr(1));
  EXPECT_THAT(values_of<std::int64_t>(reading, "text"), Each(0));
  for (const std::string layer : {"layer0", "layer1"})
    for (const char* gate : {"i", "f", "o"}) {
      const auto& values =
          values_of<float>(reading, "gates/recurrence/" + layer + "/forward/" + gate);
      EXPECT_EQ(values.size(), 300U);
      EXPECT_THAT(values, Each(testing::AllOf(testing::Gt(0), testing::Lt(1))));
    }
}

TEST_F(Reading, GatesAndUnitsAreThoseOfTheMomentWhenATokenIsRead) {
  Trained trained(yaml("", "many_to_many: {cell: gru, hidden: 16}"));
  Encoded one = trained.split, other = trained.split;
  one.text.texts[0].resize(40);
  other.text.texts[0].resize(40);
  TokenId& changed = other.text.texts[0][20];  // the reading's token 19
  changed = changed == 3 ? 4 : 3;
  const ReadingOptions options{.tokens = 39, .stretch = 0};
  const Archive a = read_held_out(trained.model(), one, options);
  const Archive b = read_held_out(trained.model(), other, options);
  for (const std::string name : {"gates/recurrence/layer0/forward/z", "surprise"}) {
    const auto &x = values_of<float>(a, name), &y = values_of<float>(b, name);
    for (std::size_t t = 0; t < 19; ++t) EXPECT_EQ(x[t], y[t]) << name << " " << t;
    EXPECT_NE(x[19], y[19]) << name;
    EXPECT_NE(x[20], y[20]) << name;
  }
}

TEST_F(Reading, OfWordsPutsBackTheirSpaces) {
  Trained trained(yaml("", "many_to_many: {cell: gru, hidden: 8}", "tokenizer: word\n"));
  const Archive reading = read_held_out(trained.model(), trained.split, {.tokens = 120});
  expect_sound(reading, 120);
  TokenText ids(trained.split.text.texts[0].begin(), trained.split.text.texts[0].begin() + 121);
  const Vocabulary& vocabulary = trained.model().vocabulary();
  EXPECT_EQ(vocabulary.token(ids[0]) + joined(values_of<std::string>(reading, "tokens")),
            trained.model().tokenizer().decode(ids, vocabulary));
}

TEST_F(Reading, OfExamplesOneAfterAnother) {
  Trained trained(yaml(", unit: line", "many_to_many: {cell: rnn, hidden: 16}"));
  const Archive reading = read_held_out(trained.model(), trained.split, {.tokens = 1000});
  const auto& texts = values_of<std::int64_t>(reading, "text");
  const std::int64_t whole = texts.back();  // the last one may be cut
  ASSERT_GT(whole, 3);
  expect_sound(reading, 1000);
  std::vector<std::int64_t> first(static_cast<std::size_t>(whole));
  std::iota(first.begin(), first.end(), 0);
  const Figures figures = evaluate(trained.model(), select(trained.split, first)).figures;
  const auto& surprise = values_of<float>(reading, "surprise");
  double sum = 0;
  std::int64_t count = 0;
  for (std::size_t t = 0; t < texts.size() && texts[t] < whole; ++t, ++count) sum += surprise[t];
  EXPECT_EQ(count, figures.counted);
  EXPECT_NEAR(sum, figures.total, 1e-5 * figures.total);
  EXPECT_THAT(values_of<std::string>(reading, "tokens"), testing::Contains("<eos>"));
  EXPECT_EQ(values_of<float>(reading, "gates/recurrence/layer0/forward/h").size(), 1000U);
}

TEST_F(Reading, OfAnswersWatchesTheDecoder) {
  std::string pairs;
  for (int i = 0; i < 60; ++i)
    pairs += std::string(1 + static_cast<std::size_t>(i) % 5, 'a') + "b\t" +
             std::string(static_cast<std::size_t>(i) % 4, 'c') + "d\n";
  write_file(folder / "pairs.tsv", pairs);
  Trained trained("experiment: x\nthreads: 1\ndata: {parallel_text: {files: [" +
                  (folder / "pairs.tsv").string() +
                  "], validation: 0.3}}\ntokenizer: char\ntarget_tokenizer: char\n"
                  "model: {seq2seq: {cell: gru, hidden: 8, embedding: 4, attention: additive}}\n"
                  "training: {epochs: 1, batch: 4}\n");
  const Archive reading =
      read_held_out(trained.model(), trained.split, {.tokens = 1000, .alternatives = 3});
  EXPECT_NEAR(sum_of(values_of<float>(reading, "surprise")),
              evaluate(trained.model(), trained.split).figures.total, 1e-3);
  std::size_t of_decoder = 0;
  for (const auto& [name, array] : reading.entries())
    if (name.starts_with("gates/")) {
      ++of_decoder;
      EXPECT_TRUE(name.starts_with("gates/decoder/")) << name;
    }
  EXPECT_EQ(of_decoder, 3U);
}

TEST_F(Reading, OfAModelWithoutGates) {
  Trained trained(yaml("", "markov: {order: 3}"));
  const Archive reading = read_held_out(trained.model(), trained.split, {.tokens = 200});
  expect_sound(reading, 200);
  Encoded begin = trained.split;
  begin.text.texts[0].resize(201);
  EXPECT_NEAR(sum_of(values_of<float>(reading, "surprise")),
              evaluate(trained.model(), begin).figures.total, 1e-3);
  for (const auto& [name, array] : reading.entries()) EXPECT_FALSE(name.starts_with("gates/"));
}

TEST_F(Reading, NothingToReadAndModelsThatDoNotWrite) {
  Trained trained(yaml("", "many_to_many: {cell: rnn, hidden: 8}"));
  EXPECT_TRUE(read_held_out(trained.model(), {}, {}).entries().empty());
  EXPECT_TRUE(read_held_out(trained.model(), trained.split, {.tokens = 0}).entries().empty());
  write_file(folder / "tags.tsv", std::string("ab\txy\nba\tyx\n") + "aab\txxy\nb\ty\n");
  Trained tagger("experiment: x\nthreads: 1\ndata: {parallel_text: {files: [" +
                 (folder / "tags.tsv").string() +
                 "], validation: 0.3}}\ntokenizer: char\n"
                 "model: {many_to_many: {predict: tags, cell: rnn, hidden: 4}}\n"
                 "training: {epochs: 1, batch: 2}\n");
  EXPECT_FALSE(reads_tokens(tagger.model()));
  EXPECT_TRUE(read_held_out(tagger.model(), tagger.split, {}).entries().empty());
}

TEST_F(Reading, FindsUnitsAndFollowsThemInAnotherText) {
  // Words of one letter: every second token is a space, of which a network learns first.
  std::string spaced;
  for (const char c : some_text(8000))
    if (c != ' ' && c != '\n') spaced += std::string(1, c) + " ";
  write_file(text, spaced);
  Trained trained(yaml("", "many_to_many: {cell: lstm, hidden: 16}"));
  const Archive reading = read_held_out(trained.model(), trained.split, {.tokens = 100});
  ASSERT_TRUE(reading.has("units/unit"));
  const auto units = std::ssize(values_of<std::int64_t>(reading, "units/unit"));
  EXPECT_THAT(values_of<std::string>(reading, "units/tracks").front(),
              testing::AnyOf("a space", "place in word"));
  EXPECT_GT(std::abs(values_of<double>(reading, "units/score").front()), 0.5);
  EXPECT_THAT(reading.array("units/values").shape, ElementsAre(units, 100));

  Encoded mine = trained.split;
  mine.text.texts = {mine.text.texts[0]};
  mine.text.texts[0].resize(31);
  const Archive again = read_text(trained.model(), mine, reading, 2);
  EXPECT_THAT(again.array("units/values").shape, ElementsAre(units, 30));
  EXPECT_THAT(again.array("alternatives").shape, ElementsAre(30, 2));
  const auto &values = values_of<float>(reading, "units/values"),
             &others = values_of<float>(again, "units/values");
  for (std::size_t t = 0; t < 30; ++t) EXPECT_EQ(values[t], others[t]) << "the same beginning";
}

}  // namespace
}  // namespace unroll

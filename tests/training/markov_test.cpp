#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include <training/small_run.hpp>
#include <unroll/training/generation.hpp>

namespace unroll {
namespace {

using namespace testing_room;

ExperimentOptions markov(const fs::path& text, int order) {
  return experiment("experiment: markov\nthreads: 1\ndata: {text: {files: [" + text.string() +
                    "], join: true}}\nmodel: {markov: {order: " + std::to_string(order) +
                    "}}\ngenerate: {prompt: \"the \", length: 30, samplers: [greedy]}\n");
}

Figures figures_of(const fs::path& text, int order) {
  Trainer trainer(markov(text, order), registry());
  Interrupter observer(-1);
  return *trainer.train(nullptr, observer, nullptr).validation;
}

/// P(w | ctx) by the recursion, straight from the text.
double probability(const std::string& text, const std::string& context, char next, double letters) {
  double p = 1 / letters;
  for (std::size_t k = 0; k <= context.size(); ++k) {
    const std::string suffix = context.substr(context.size() - k);
    double count = 0, both = 0;
    std::string followers;
    for (std::size_t i = 0; i + k < text.size(); ++i) {
      if (text.compare(i, k, suffix) != 0) continue;
      count += 1;
      both += text[i + k] == next ? 1 : 0;
      if (followers.find(text[i + k]) == std::string::npos) followers += text[i + k];
    }
    const auto types = static_cast<double>(followers.size());
    if (count > 0) p = (both + types * p) / (count + types);
  }
  return p;
}

TEST(Markov, IsWittenBellsRecursion) {
  const Folder folder;
  const std::string text = some_text(800);
  write_file(folder / "text.txt", text);
  const std::string train = text.substr(0, 720), validation = text.substr(720);
  std::string letters = train;
  std::sort(letters.begin(), letters.end());
  letters.erase(std::unique(letters.begin(), letters.end()), letters.end());
  const auto size = static_cast<double>(letters.size()) + 1;  // and the unknown token
  double nats = 0;
  for (std::size_t i = 1; i < validation.size(); ++i) {
    const std::size_t context = std::min<std::size_t>(i, 3);
    nats -=
        std::log(probability(train, validation.substr(i - context, context), validation[i], size));
  }
  const Figures figures = figures_of(folder / "text.txt", 3);
  EXPECT_EQ(figures.counted, 79);
  EXPECT_NEAR(figures.total, nats, 1e-9);
}

TEST(Markov, ReachesTheReferenceOnTinyShakespeare) {
  const char* home = std::getenv("HOME");
  const fs::path text =
      fs::path(home == nullptr ? "" : home) / ".cache/unroll/data/tiny-shakespeare/input.txt";
  if (!fs::exists(text)) GTEST_SKIP() << "tools/get-data tiny-shakespeare has not been run";
  EXPECT_NEAR(figures_of(text, 4).loss(), 1.669, 0.001);
}

TEST(Markov, IsARunLikeAnyOther) {
  const Folder folder;
  write_file(folder / "text.txt", some_text(3000));
  Trainer trainer(markov(folder / "text.txt", 4), registry());
  EXPECT_TRUE(trainer.plan().counts);
  Summary summary;
  {
    RunWriter writer = writer_for(folder / "run.h5", trainer);
    Interrupter observer(-1);
    summary = trainer.train(&writer, observer, nullptr);
    ASSERT_EQ(observer.samples.size(), 1U);
    EXPECT_EQ(observer.samples[0].text.size(), 30U);
  }
  const RunRecord record = open_run(folder / "run.h5");
  EXPECT_EQ(record.status, RunStatus::completed);
  EXPECT_EQ(*record.metrics.at("validation").last("loss"), summary.validation->loss());
  const Model model = load_model(record, registry());
  const Splits splits = registry().make_dataset(load_experiment(record, registry()).data)->load();
  const Encoded split = encode(splits.validation, *model.domain, model.tokenizers());
  EXPECT_EQ(evaluate(model, split).figures.total, summary.validation->total);
  EXPECT_LT(summary.validation->bits_per_character(), 1.2);
}

TEST(Markov, TooHighAnOrderIsRefused) {
  const Folder folder;
  write_file(folder / "text.txt", some_text(3000));
  EXPECT_THROW(Trainer(markov(folder / "text.txt", 20), registry()), Error);
}

}  // namespace
}  // namespace unroll

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <training/small_run.hpp>

namespace unroll {
namespace {

using namespace testing_room;
using testing::HasSubstr;

const char* const kSmall =
    "experiment: tiny\n"
    "data: {dataset: text, corpus: [alice/alice], validation: 0.2}\n"
    "model: {many_to_many: {cell: {lstm: {}}, hidden: 8}}\n"
    "training: {epochs: 2, schedule: {cosine: {warmup: 10}}, early_stopping: {patience: 3}}\n"
    "generate: {prompt: \"a \", samplers: [greedy, {temperature: {temperature: 0.7, top_k: 5}}]}\n";

std::string mistakes(const std::string& yaml) {
  Problems problems;
  const Node root = load_yaml_text(yaml, "test.yaml", problems);
  read_experiment(root, registry(), problems);
  return problems.text();
}

TEST(Experiment, IsReadWithItsDefaults) {
  const ExperimentOptions options = experiment(kSmall);
  EXPECT_EQ(options.experiment, "tiny");
  EXPECT_EQ(options.data.name, "text");
  EXPECT_EQ(options.data.options.find("dataset"), nullptr);
  EXPECT_EQ(options.data.options.find("validation")->text(), "0.2");
  EXPECT_EQ(options.tokenizer.name, "char");
  EXPECT_EQ(options.training.optimizer.name, "adam");
  EXPECT_NE(options.training.optimizer.options.find("beta2"), nullptr);
  EXPECT_EQ(options.training.schedule.name, "cosine");
  EXPECT_EQ(options.training.early_stopping.patience, 3);
  EXPECT_EQ(options.output_path(), "runs/tiny.h5");
  EXPECT_EQ(options.generate.all_prompts(), std::vector<std::string>{"a "});
}

TEST(Experiment, ResolvedIsCompleteAndReadsAsTheSame) {
  const std::string once = to_yaml(resolved(experiment(kSmall)));
  EXPECT_THAT(once, HasSubstr("forget_bias"));
  EXPECT_THAT(once, HasSubstr("beta1"));
  EXPECT_EQ(to_yaml(resolved(experiment(once))), once);
}

TEST(Experiment, MistakesAreAllReportedWithTheirPlaces) {
  const std::string text = mistakes(
      "experiment: a/b\n"
      "data: {text: {validatoin: 0.1}}\n"
      "model: {many_to_many: {hiden: 8}}\n"
      "training: {epochs: -1, schedule: {cosin: {}}, scheme: stream, optimizer: adm}\n");
  EXPECT_THAT(text, HasSubstr("test.yaml:1:"));
  EXPECT_THAT(text, HasSubstr("may hold no slash"));
  EXPECT_THAT(text, HasSubstr("did you mean 'validation'?"));
  EXPECT_THAT(text, HasSubstr("did you mean 'hidden'?"));
  EXPECT_THAT(text, HasSubstr("did you mean 'cosine'?"));
  EXPECT_THAT(text, HasSubstr("did you mean 'adam'?"));
  EXPECT_THAT(text, HasSubstr("stream"));
  EXPECT_THAT(text, HasSubstr("epochs"));
}

TEST(Experiment, WhatMustBeThereIsAskedFor) {
  const std::string text = mistakes("description: nothing\n");
  for (const char* name : {"experiment", "data", "model"}) EXPECT_THAT(text, HasSubstr(name));
}

TEST(Experiment, ListsItsPlugins) {
  Problems problems;
  const Node root = load_yaml_text("plugins: [a.so, b]\n", "test.yaml", problems);
  EXPECT_EQ(listed_plugins(root), (std::vector<std::string>{"a.so", "b"}));
  EXPECT_TRUE(listed_plugins(Node()).empty());
}

TEST(Experiment, LabelsSayWhatDiffers) {
  const ExperimentOptions options = experiment(kSmall);
  EXPECT_EQ(label("sampler", options.generate.samplers[0], registry()), "greedy");
  EXPECT_EQ(label("sampler", options.generate.samplers[1], registry()),
            "temperature(temperature=0.7, top_k=5)");
}

}  // namespace
}  // namespace unroll

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include <training/small_run.hpp>
#include <unroll/core/error.hpp>
#include <unroll/core/files.hpp>
#include <unroll/metrics/text_figures.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/training/generation.hpp>

namespace unroll {
namespace {

using namespace testing_room;
using testing::HasSubstr;

class Training : public testing::Test {
 protected:
  void SetUp() override { write_file(text, some_text(2000)); }

  Summary run(const ExperimentOptions& options, const fs::path& path, Interrupter& observer) {
    Trainer trainer(options, registry());
    RunWriter writer = writer_for(path, trainer);
    return trainer.train(&writer, observer, &observer.flag);
  }
  Summary run(const ExperimentOptions& options, const fs::path& path) {
    Interrupter observer(-1);
    return run(options, path, observer);
  }
  Summary resume(const fs::path& path, Interrupter& observer) {
    RunWriter writer = RunWriter::resume(path);
    Trainer trainer = Trainer::resume(writer.record(), registry());
    return trainer.train(&writer, observer, &observer.flag);
  }

  Folder folder;
  fs::path text = folder / "text.txt";
};

/// NaN equals itself.
bool same_bits(const Array::Values& a, const Array::Values& b) {
  return std::visit(
      [&](const auto& values) {
        using Values = std::decay_t<decltype(values)>;
        const auto* others = std::get_if<Values>(&b);
        if (others == nullptr || others->size() != values.size()) return false;
        if constexpr (std::is_same_v<typename Values::value_type, std::string>)
          return values == *others;
        else
          return values.empty() ||
                 std::memcmp(values.data(), others->data(),
                             values.size() * sizeof(typename Values::value_type)) == 0;
      },
      a);
}

void expect_same(const Archive& a, const Archive& b) {
  ASSERT_EQ(a.entries().size(), b.entries().size());
  for (const auto& [name, array] : a.entries()) {
    if (name.starts_with("timing/")) continue;
    ASSERT_TRUE(b.has(name)) << name;
    EXPECT_EQ(array.shape, b.array(name).shape) << name;
    EXPECT_TRUE(same_bits(array.values, b.array(name).values)) << name;
  }
}

/// Everything but times.
void expect_same_run(const fs::path& a, const fs::path& b) {
  const RunRecord first = open_run(a), second = open_run(b);
  expect_same(first.weights, second.weights);
  expect_same(first.state, second.state);
  ASSERT_EQ(first.best.has_value(), second.best.has_value());
  if (first.best) {
    EXPECT_EQ(first.best->step, second.best->step);
    expect_same(first.best->weights, second.best->weights);
  }
  EXPECT_EQ(first.samples, second.samples);
  expect_same(first.histograms, second.histograms);
  expect_same(first.recurrence, second.recurrence);
  expect_same(first.reading, second.reading);
  ASSERT_EQ(first.metrics.size(), second.metrics.size());
  for (const auto& [split, table] : first.metrics) {
    const MetricTable& other = second.metrics.at(split);
    EXPECT_EQ(table.steps, other.steps) << split;
    for (const auto& [name, column] : table.columns)
      EXPECT_EQ(column.values, other.columns.at(name).values) << split << " " << name;
  }
}

TEST_F(Training, LearnsATinyTextByHeart) {
  write_file(text, some_text(300));
  ExperimentOptions options = experiment(
      "experiment: heart\nthreads: 1\ndata: {text: {files: [" + text.string() +
      "], validation: 0}}\nmodel: {many_to_many: {hidden: 32}}\n"
      "training: {epochs: 60, batch: 2, window: 25, optimizer: {adam: {learning_rate: 0.02}}}\n");
  Interrupter observer(-1);
  Trainer trainer(options, registry());
  EXPECT_EQ(trainer.plan().total_steps, 60 * trainer.plan().steps_per_epoch);
  const Summary summary = trainer.train(nullptr, observer, nullptr);
  EXPECT_EQ(summary.status, Status::completed);
  EXPECT_FALSE(summary.validation);
  EXPECT_LT(summary.train.loss(), 0.3);
  EXPECT_NEAR(summary.train.bits_per_character(), summary.train.loss() / std::log(2.0), 1e-9);
}

TEST_F(Training, BeginsNearTheLogarithmOfTheVocabulary) {
  Trainer trainer(small_experiment(text, "", "  max_steps: 1\n"), registry());
  Interrupter observer(-1);
  const Summary summary = trainer.train(nullptr, observer, nullptr);
  EXPECT_NEAR(summary.train.loss(), std::log(static_cast<double>(trainer.plan().vocabulary)), 0.1);
}

TEST_F(Training, WritesMetricsSamplesAndAModelThatLoads) {
  Interrupter observer(-1);
  const Summary summary =
      run(small_experiment(text, "", "  epochs: 3\n  log_every: 7\n"), folder / "run.h5", observer);
  const RunRecord record = open_run(folder / "run.h5");
  EXPECT_EQ(record.status, RunStatus::completed);
  const MetricTable& train = record.metrics.at("train");
  EXPECT_EQ(train.steps.front(), 7);
  EXPECT_EQ(train.steps.back(), summary.steps);
  for (const char* name :
       {"loss", "bits_per_character", "perplexity", "accuracy", "gradient_norm", "learning_rate"})
    EXPECT_NE(train.find(name), nullptr) << name;
  EXPECT_EQ(record.metrics.at("validation").rows(), 3U);
  EXPECT_EQ(*record.metrics.at("validation").last("loss"),
            observer.evaluations.back().validation->loss());
  EXPECT_NE(record.timing.at("train").find("tokens_per_second"), nullptr);
  EXPECT_EQ(record.metrics.count("timing"), 0U);
  ASSERT_EQ(record.samples.size(), 6U);
  EXPECT_EQ(record.samples[1].sampler, "temperature 0.8");
  EXPECT_EQ(record.samples[0].prompt, "the ");
  const metrics::TextFigures figures = metrics::text_figures(record.samples[0].text);
  const auto period = static_cast<double>(figures.cycle ? figures.cycle->period : 0);
  EXPECT_THAT(record.samples[0].figures,
              testing::AllOf(testing::Contains(Metric{"cycle", period, "characters"}),
                             testing::Contains(Metric{"distinct_2", figures.distinct_2, "1"})));
  // Which of the texts have words is the model's affair.
  const bool known = std::ranges::any_of(record.samples, [](const auto& sample) {
    return std::ranges::find(sample.figures, "known_words", &Metric::name) != sample.figures.end();
  });
  EXPECT_TRUE(known);
  const auto likely = [&](std::size_t sample) {
    const auto& all = record.samples[sample].figures;
    return std::ranges::find(all, "loss", &Metric::name)->value;
  };
  EXPECT_GT(likely(5), likely(4)) << "greedy text is likelier than any sampled";
  ASSERT_EQ(summary.samples.size(), 2U) << "the last evaluation's";
  EXPECT_EQ(summary.samples[1].text, record.samples[5].text);
  EXPECT_GT(observer.last.targets_per_second, 0);

  const Model model = load_model(record, registry());
  Generator generator(model);
  const auto greedy = registry().make_sampler({"greedy", {}, {}});
  RandomStream random(1, "any");
  EXPECT_EQ(generator.generate("the ", 20, *greedy, random).tokens, 20);
}

TEST_F(Training, TheModelOfARunIsThatOfItsBestEvaluation) {
  const Summary summary = run(small_experiment(text, "", "  epochs: 12\n"), folder / "run.h5");
  const RunRecord record = open_run(folder / "run.h5");
  const Model model = load_model(record, registry());
  const Splits splits = registry().make_dataset(load_experiment(record, registry()).data)->load();
  const Encoded split = encode(splits.validation, *model.domain, model.tokenizers());
  const Figures figures = evaluate(model, split).figures;
  const auto& losses = *record.metrics.at("validation").find("loss");
  EXPECT_EQ(figures.loss(), *std::min_element(losses.begin(), losses.end()));
  EXPECT_EQ(figures.loss(), summary.validation->loss());
  EXPECT_EQ(record.best->step, summary.best_step);
}

TEST_F(Training, TheSameSeedGivesTheSameBits) {
  const std::string model = ", dropout: 0.2";
  for (const char* name : {"a.h5", "b.h5"})
    run(small_experiment(text, model, "  epochs: 2\n"), folder / name);
  expect_same_run(folder / "a.h5", folder / "b.h5");
}

TEST_F(Training, TheSameSeedGivesTheSameBitsOnTwoThreads) {
  for (const char* name : {"a.h5", "b.h5"}) {
    ExperimentOptions options = small_experiment(text, ", dropout: 0.2", "  epochs: 2\n");
    options.threads = 2;
    run(options, folder / name);
  }
  expect_same_run(folder / "a.h5", folder / "b.h5");
}

TEST_F(Training, AnotherSeedGivesAnotherRun) {
  run(small_experiment(text, "", "  epochs: 1\n"), folder / "a.h5");
  ExperimentOptions options = small_experiment(text, "", "  epochs: 1\n");
  options.seed = 4;
  run(options, folder / "b.h5");
  EXPECT_NE(*open_run(folder / "a.h5").metrics.at("train").last("loss"),
            *open_run(folder / "b.h5").metrics.at("train").last("loss"));
}

struct Interruption {
  const char* name;
  const char* model;
  const char* training;
};

class Resuming : public Training, public testing::WithParamInterface<Interruption> {};

TEST_P(Resuming, GivesTheBitsOfAnUndisturbedRun) {
  const Interruption& how = GetParam();
  const ExperimentOptions options = small_experiment(
      text, how.model, std::string("  epochs: 3\n  log_every: 4\n") + how.training);
  const std::int64_t total = run(options, folder / "whole.h5").steps;
  const std::int64_t per_epoch = total / 3;
  for (const std::int64_t step : {std::int64_t{1}, per_epoch, per_epoch + 3, total - 1}) {
    const fs::path path = folder / ("cut" + std::to_string(step) + ".h5");
    Interrupter first(step), second(step + 2), third(-1);
    const Summary summary = run(options, path, first);
    EXPECT_EQ(summary.status, Status::interrupted);
    EXPECT_EQ(open_run(path).status, RunStatus::interrupted);
    resume(path, second);
    EXPECT_EQ(resume(path, third).status, Status::completed);
    expect_same_run(folder / "whole.h5", path);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Schemes, Resuming,
    testing::Values(
        Interruption{"streams", ", dropout: 0.3", ""},
        Interruption{"variational", ", dropout: 0.3, variational: true, output_dropout: 0.1",
                     "  schedule: {cosine: {warmup: 5}}\n"},
        Interruption{"windows", "", "  scheme: windows\n  stride: 9\n"},
        Interruption{"plateau", "",
                     "  evaluate_every: 5\n  schedule: {plateau: {patience: 1, threshold: 1}}\n"},
        Interruption{"mixed_precision", ", dropout: 0.1", "  precision: bf16\n"},
        Interruption{"embedding", ", embedding: 12, tied: true",
                     "  shuffle: false\n  clip_value: 0.01\n"}),
    [](const auto& how) { return std::string(how.param.name); });

TEST_F(Training, AKilledRunGoesOnFromItsLastCheckpoint) {
  const ExperimentOptions options = small_experiment(text, "", "  epochs: 3\n  log_every: 4\n");
  const std::int64_t total = run(options, folder / "whole.h5").steps;
  struct Kill {};
  class Killer final : public Observer {
   public:
    explicit Killer(std::int64_t at) : at_(at) {}
    void on_step(const Progress& progress) override {
      if (progress.step == at_) throw Kill();
    }

   private:
    std::int64_t at_;
  } killer(total / 3 + 7);
  {
    Trainer trainer(options, registry());
    RunWriter writer = writer_for(folder / "cut.h5", trainer);
    EXPECT_THROW(trainer.train(&writer, killer, nullptr), Kill);
  }
  Interrupter observer(-1);
  resume(folder / "cut.h5", observer);
  expect_same_run(folder / "whole.h5", folder / "cut.h5");
}

/// The ends of two runs, what is planned for them, and how the shorter one goes on.
struct Longer {
  const char* name;
  const char* whole;
  const char* cut;
};

class GoingOn : public Training, public testing::WithParamInterface<Longer> {};

TEST_P(GoingOn, ReachesTheBitsOfARunThatWasPlannedLonger) {
  const std::string rest =
      "  log_every: 7\n  schedule: {plateau: {patience: 1, threshold: 1}}\n"
      "  early_stopping: {patience: 40}\n";
  const ExperimentOptions whole = small_experiment(text, ", dropout: 0.2", GetParam().whole + rest);
  const std::int64_t total = run(whole, folder / "whole.h5").steps;
  for (const std::int64_t stop : {std::int64_t{-1}, std::int64_t{3}}) {
    const fs::path path = folder / ("cut" + std::to_string(stop) + ".h5");
    Interrupter first(stop), second(-1);
    run(small_experiment(text, ", dropout: 0.2", GetParam().cut + rest), path, first);
    {
      RunWriter writer = RunWriter::resume(path);
      Trainer trainer = Trainer::resume(writer.record(), registry(), {nullptr, 2});
      EXPECT_EQ(trainer.plan().total_steps, total);
      trainer.train(&writer, second, nullptr);
    }
    expect_same_run(folder / "whole.h5", path);
  }
}

// 2000 characters make 44 steps an epoch.
INSTANTIATE_TEST_SUITE_P(
    Ends, GoingOn,
    testing::Values(
        Longer{"epochs", "  epochs: 4\n", "  epochs: 2\n"},
        Longer{"evaluationsOfTheirOwn", "  epochs: 4\n  evaluate_every: 8\n  sample_every: 7\n",
               "  epochs: 2\n  evaluate_every: 8\n  sample_every: 7\n"},
        Longer{"steps", "  max_steps: 108\n", "  max_steps: 20\n"},
        Longer{"moreStepsThanEpochs", "  epochs: 3\n", "  epochs: 1\n  max_steps: 1000\n"}),
    [](const auto& how) { return std::string(how.param.name); });

TEST_F(Training, ARunThatStoppedEarlyGoesOnFromThere) {
  const std::string stopping =
      "  epochs: 50\n  early_stopping: {patience: 2, minimum_improvement: 10}\n";
  const Summary stopped = run(small_experiment(text, "", stopping), folder / "run.h5");
  ASSERT_TRUE(stopped.stopped_early);
  RunWriter writer = RunWriter::resume(folder / "run.h5");
  Trainer trainer = Trainer::resume(writer.record(), registry(), {nullptr, 1});
  EXPECT_EQ(trainer.plan().total_steps, stopped.steps + trainer.plan().steps_per_epoch);
  Interrupter observer(-1);
  EXPECT_EQ(trainer.train(&writer, observer, nullptr).steps, trainer.plan().total_steps);
}

TEST_F(Training, ARunKilledBeforeItsFirstStepBeginsWithTheSameWeights) {
  run(small_experiment(text, "", "  epochs: 1\n"), folder / "source.h5");
  ExperimentOptions options = small_experiment(text, "", "  epochs: 1\n");
  options.initialize_from.run = (folder / "source.h5").string();
  run(options, folder / "whole.h5");
  struct Kill {};
  class Killer final : public Observer {
    void on_step(const Progress&) override { throw Kill(); }
  } killer;
  {
    Trainer trainer(options, registry());
    RunWriter writer = writer_for(folder / "cut.h5", trainer);
    EXPECT_THROW(trainer.train(&writer, killer, nullptr), Kill);
  }
  fs::remove(folder / "source.h5");
  Interrupter observer(-1);
  resume(folder / "cut.h5", observer);
  expect_same_run(folder / "whole.h5", folder / "cut.h5");
}

TEST_F(Training, WhatCannotGoOnIsLeftAsItIs) {
  run(small_experiment(text, "", "  epochs: 1\n"), folder / "run.h5");
  const std::string before = read_file(folder / "run.h5");
  fs::remove(text);
  RunWriter writer = RunWriter::resume(folder / "run.h5");
  EXPECT_THROW(Trainer::resume(writer.record(), registry(), {nullptr, 1}), Error);
  EXPECT_EQ(read_file(folder / "run.h5"), before);
}

TEST_F(Training, OtherDataIsNotResumedUpon) {
  Interrupter first(5), second(-1);
  run(small_experiment(text), folder / "run.h5", first);
  write_file(text, some_text(2000).replace(10, 3, "hat"));
  try {
    resume(folder / "run.h5", second);
    FAIL() << "resumed on other data";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Failure::data);
    EXPECT_THAT(error.what(), HasSubstr("the data is not what the run was begun with"));
  }
}

TEST_F(Training, DivergenceIsReportedAndTheMetricsKept) {
  ExperimentOptions options = small_experiment(text, "", "  epochs: 5\n  log_every: 1\n");
  options.training.optimizer = experiment(
                                   "experiment: x\ndata: text\nmodel: many_to_many\n"
                                   "training: {optimizer: {sgd: {learning_rate: 3.0e+38}}}\n")
                                   .training.optimizer;
  try {
    run(options, folder / "run.h5");
    FAIL() << "did not diverge";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Failure::diverged);
    EXPECT_THAT(error.what(), HasSubstr("try a smaller learning rate"));
  }
  const RunRecord record = open_run(folder / "run.h5");
  EXPECT_EQ(record.status, RunStatus::diverged);
  EXPECT_THAT(record.reason, HasSubstr("step"));
  EXPECT_GE(record.metrics.at("train").rows(), 1U);
}

TEST_F(Training, StopsEarlyAndSaysSo) {
  Interrupter observer(-1);
  const Summary summary =
      run(small_experiment(text, "",
                           "  epochs: 50\n  early_stopping: {patience: 2, minimum_improvement: "
                           "10}\n"),
          folder / "run.h5", observer);
  EXPECT_TRUE(summary.stopped_early);
  EXPECT_EQ(observer.evaluations.size(), 3U);  // the first improves upon nothing
  EXPECT_EQ(observer.early_stop, summary.steps);
  EXPECT_EQ(open_run(folder / "run.h5").status, RunStatus::completed);
}

TEST_F(Training, ATrialLeavesNoTrace) {
  const ExperimentOptions options = small_experiment(text, ", dropout: 0.2", "  epochs: 1\n");
  run(options, folder / "a.h5");
  Trainer trainer(options, registry());
  EXPECT_GT(trainer.trial(5).targets_per_second, 0);
  RunWriter writer = writer_for(folder / "b.h5", trainer);
  Interrupter observer(-1);
  trainer.train(&writer, observer, nullptr);
  expect_same_run(folder / "a.h5", folder / "b.h5");
}

TEST_F(Training, AsksForNoMemoryOnceItRuns) {
  Trainer trainer(small_experiment(text, ", dropout: 0.2", "  epochs: 1000\n"), registry());
  trainer.trial(5);
  const auto before = Engine::get().pool().statistics().system_calls;
  trainer.trial(50);
  EXPECT_EQ(Engine::get().pool().statistics().system_calls, before);
}

TEST_F(Training, TheTestSplitIsReadOnceAtTheEnd) {
  ExperimentOptions options = experiment(
      "experiment: test\nthreads: 1\ndata: {text: {files: [" + text.string() +
      "], validation: 0.1, test: 0.1}}\nmodel: {many_to_many: {hidden: 8}}\n"
      "training: {epochs: 2, batch: 4, window: 10, early_stopping: {restore_best: false}}\n");
  const Summary summary = run(options, folder / "run.h5");
  const RunRecord record = open_run(folder / "run.h5");
  EXPECT_EQ(record.metrics.at("test").steps, (std::vector<std::int64_t>{summary.steps}));
  EXPECT_EQ(*record.metrics.at("test").last("loss"), summary.test->loss());
  EXPECT_FALSE(record.best);
  EXPECT_EQ(record.environment.text("data/split"), "contiguous 80/10/10");
}

TEST_F(Training, StepsBetweenEvaluationsSamplesAndCheckpointsAreSettings) {
  class Calendar final : public Observer {
   public:
    void on_step(const Progress& progress) override { now = progress.step; }
    void on_evaluation(const EvaluationReport&) override { evaluations.push_back(now); }
    void on_samples(const std::vector<SampleReport>&) override { samples.push_back(now); }
    void on_checkpoint(std::int64_t step, double) override { checkpoints.push_back(step); }
    std::int64_t now = 0;
    std::vector<std::int64_t> evaluations, samples, checkpoints;
  } calendar;
  Trainer trainer(small_experiment(text, "",
                                   "  max_steps: 10\n  evaluate_every: 4\n  sample_every: 6\n"
                                   "  checkpoint_every: 5\n"),
                  registry());
  EXPECT_EQ(trainer.plan().total_steps, 10);
  RunWriter writer = writer_for(folder / "run.h5", trainer);
  trainer.train(&writer, calendar, nullptr);
  using Steps = std::vector<std::int64_t>;
  EXPECT_EQ(calendar.evaluations, (Steps{4, 8, 10}));
  EXPECT_EQ(calendar.samples, (Steps{6, 10}));
  EXPECT_EQ(calendar.checkpoints, (Steps{5, 10}));
}

TEST_F(Training, ACheckpointComesAfterSecondsToo) {
  class Counter final : public Observer {
   public:
    void on_checkpoint(std::int64_t, double) override { ++checkpoints; }
    int checkpoints = 0;
  } counter;
  Trainer trainer(small_experiment(text, "", "  max_steps: 5\n  checkpoint_seconds: 1.0e-9\n"),
                  registry());
  RunWriter writer = writer_for(folder / "run.h5", trainer);
  trainer.train(&writer, counter, nullptr);
  EXPECT_EQ(counter.checkpoints, 5);
}

TEST_F(Training, ATextTooShortForItsBatchesIsRefused) {
  write_file(text, "far too short for four streams");
  try {
    Trainer trainer(small_experiment(text), registry());
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Failure::data);
    EXPECT_THAT(error.what(), HasSubstr("use a smaller training.batch or training.window"));
  }
}

TEST_F(Training, ABidirectionalGeneratorIsRefused) {
  try {
    Trainer trainer(small_experiment(text, ", bidirectional: true"), registry());
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("would read the token that it has to predict"));
  }
}

}  // namespace
}  // namespace unroll

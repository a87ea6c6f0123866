// What the microscope leaves in a run file, and that looking changes nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include <training/small_run.hpp>
#include <unroll/results/archive_rows.hpp>
#include <unroll/training/microscope.hpp>

namespace unroll {
namespace {

using namespace testing_room;
using testing::ElementsAre;

template <typename T>
const std::vector<T>& values_of(const Archive& archive, const std::string& name) {
  return std::get<std::vector<T>>(archive.array(name).values);
}

std::vector<std::int64_t> rows_after(const Intervals& intervals, std::int64_t steps) {
  std::vector<std::int64_t> rows;
  for (std::int64_t step = 1; step <= steps; ++step) {
    if (!intervals.due(step)) continue;
    std::erase_if(rows, [&](std::int64_t row) { return !intervals.keeps(row, step); });
    rows.push_back(step);
  }
  return rows;
}

TEST(Intervals, AtMostAboutFiftyRowsHoweverLongARunIs) {
  const Intervals intervals(10);
  EXPECT_THAT(rows_after(intervals, 45), ElementsAre(1, 10, 20, 30, 40));
  EXPECT_EQ(rows_after(intervals, 509).size(), 51U);
  EXPECT_EQ(rows_after(intervals, 519).size(), 51U) << "none is due";
  const auto longer = rows_after(intervals, 520);
  EXPECT_EQ(longer.size(), 27U) << "every second is gone";
  EXPECT_THAT(std::vector(longer.begin(), longer.begin() + 3), ElementsAre(1, 20, 40));
  for (const std::int64_t steps : {1000, 5000, 123'456}) {
    const auto rows = rows_after(intervals, steps);
    EXPECT_LE(rows.size(), 51U);
    EXPECT_GE(rows.size(), 25U);
  }
}

class Looking : public testing::Test {
 protected:
  void SetUp() override { write_file(text, some_text(2000)); }

  RunRecord run(const ExperimentOptions& options) {
    const fs::path path = folder / "run.h5";
    Trainer trainer(options, registry());
    {
      RunRecord record;
      record.experiment = "small";
      record.config_resolved = to_yaml(resolved(options));
      record.vocabulary = trainer.model().domain->save();
      RunWriter writer = RunWriter::create(path, std::move(record), true);
      Interrupter observer(-1);
      trainer.train(&writer, observer, nullptr);
    }
    return open_run(path);
  }

  Folder folder;
  fs::path text = folder / "text.txt";
};

TEST_F(Looking, LeavesHistogramsOfEveryParameterAndItsGradient) {
  ExperimentOptions options = small_experiment(text, "", "  epochs: 2\n  max_steps: 80\n");
  const RunRecord record = run(options);
  const std::int64_t last = record.step;
  ASSERT_EQ(last, 80);
  std::vector<std::int64_t> steps = {1};
  for (std::int64_t step = 10; step <= last; step += 10) steps.push_back(step);
  EXPECT_EQ(row_steps(record.histograms), steps);
  std::size_t parameters = 0;
  for (const auto& [name, weight] : record.weights.entries()) {
    ++parameters;
    for (const std::string kind : {"weights/", "gradients/"}) {
      const auto& counts = values_of<std::int64_t>(record.histograms, kind + name + "/counts");
      const std::size_t bins = counts.size() / steps.size();
      std::int64_t size = 1;
      for (const std::int64_t dim : weight.shape) size *= dim;
      for (std::size_t row = 0; row < steps.size(); ++row)
        EXPECT_EQ(std::accumulate(counts.begin() + static_cast<std::ptrdiff_t>(row * bins),
                                  counts.begin() + static_cast<std::ptrdiff_t>((row + 1) * bins),
                                  std::int64_t{0}),
                  size)
            << kind << name << " row " << row;
    }
    // The last row is of the weights that the file has.
    const auto& weights = std::get<std::vector<float>>(weight.values);
    EXPECT_GE(values_of<double>(record.histograms, "weights/" + name + "/low").back(),
              static_cast<double>(*std::ranges::min_element(weights)));
    EXPECT_LE(values_of<double>(record.histograms, "weights/" + name + "/high").back(),
              static_cast<double>(*std::ranges::max_element(weights)));
  }
  EXPECT_EQ(record.histograms.entries().size(), 1 + parameters * 6);
  const auto& high = values_of<double>(record.histograms, "gradients/output/W/high");
  EXPECT_GT(high.front(), 0) << "the gradient of the step itself, before recurrence is looked at";
}

TEST_F(Looking, LeavesWhatRecurrenceDoesAtTheFirstStepAndAtEvaluations) {
  const RunRecord record = run(small_experiment(text, "", "  epochs: 3\n"));
  const auto& validation = record.metrics.at("validation").steps;
  std::vector<std::int64_t> steps = {1};
  steps.insert(steps.end(), validation.begin(), validation.end());
  EXPECT_EQ(row_steps(record.recurrence), steps);
  const auto rows = std::ssize(steps);
  for (const std::string layer : {"recurrence/layer0/forward/", "recurrence/layer1/forward/"}) {
    EXPECT_THAT(record.recurrence.array(layer + "gradient_by_lag").shape, ElementsAre(rows, 100));
    for (const char* name : {"memory_length", "memory_length_c", "saturated/i", "saturated/f",
                             "saturated/g", "saturated/o", "saturated_high/f", "spectral_radius/i",
                             "spectral_radius/f", "spectral_radius/g", "spectral_radius/o"})
      EXPECT_THAT(record.recurrence.array(layer + name).shape, ElementsAre(rows)) << name;
    // Orthogonal blocks at the beginning, and one small step.
    EXPECT_NEAR(values_of<double>(record.recurrence, layer + "spectral_radius/g").front(), 1, 0.1);
    const auto& gradients = values_of<double>(record.recurrence, layer + "gradient_by_lag");
    EXPECT_GT(gradients[1], gradients[30]) << "it vanishes";
  }
}

TEST_F(Looking, ChangesNoBitOfTheTraining) {
  ExperimentOptions options =
      small_experiment(text, ", dropout: 0.3", "  epochs: 2\n  evaluate_every: 7\n");
  const RunRecord with = run(options);
  options.evaluation.histograms = options.evaluation.recurrence = false;
  options.evaluation.reading = 0;
  const RunRecord without = run(options);
  EXPECT_TRUE(without.histograms.entries().empty());
  EXPECT_TRUE(without.recurrence.entries().empty());
  EXPECT_TRUE(without.reading.entries().empty());
  for (const auto& [name, weight] : with.weights.entries())
    EXPECT_TRUE(weight.values == without.weights.array(name).values) << name;
  for (const auto& [name, column] : with.metrics.at("train").columns)
    EXPECT_EQ(column.values, without.metrics.at("train").columns.at(name).values) << name;
  EXPECT_EQ(with.samples, without.samples);
}

TEST_F(Looking, MoreEpochsThanPlannedHaveTheRowsOfALongRun) {
  const RunRecord whole = run(small_experiment(text, "", "  epochs: 4\n"));
  run(small_experiment(text, "", "  epochs: 2\n"));
  {
    RunWriter writer = RunWriter::resume(folder / "run.h5");
    Trainer trainer = Trainer::resume(writer.record(), registry(), {.more_epochs = 2});
    Interrupter observer(-1);
    trainer.train(&writer, observer, nullptr);
  }
  const RunRecord record = open_run(folder / "run.h5");
  EXPECT_EQ(row_steps(record.histograms), row_steps(whole.histograms));
  EXPECT_EQ(row_steps(record.recurrence), row_steps(whole.recurrence));
  EXPECT_EQ(values_of<std::int64_t>(record.histograms, "gradients/output/b/counts"),
            values_of<std::int64_t>(whole.histograms, "gradients/output/b/counts"));
}

TEST_F(Looking, OfWholeExamplesAndWithoutValidation) {
  const std::string base = "experiment: x\nthreads: 1\ndata: {text: {files: [" + text.string() +
                           "], unit: line, validation: 0}}\n"
                           "model: {many_to_many: {cell: gru, hidden: 5}}\n"
                           "training: {epochs: 1, batch: 4}\n";
  const RunRecord record = run(experiment(base));
  EXPECT_TRUE(record.recurrence.has("recurrence/layer0/forward/saturated/z"));
  EXPECT_FALSE(record.reading.has("tokens")) << "there is nothing held out";
}

}  // namespace
}  // namespace unroll

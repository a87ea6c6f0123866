// Checkpoints that are written while rows go on being appended.
#include <sys/resource.h>

#include <csignal>
#include <thread>

#include <gmock/gmock.h>

#include <unroll/core/error.hpp>
#include <unroll/results/journal.hpp>
#include <unroll/results/run_file.hpp>

#include "results/sample_run.hpp"
#include "results/scratch.hpp"

namespace unroll {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

class BackgroundSaving : public testing::Test {
 protected:
  void SetUp() override {
    row(1);
    writer.checkpoint(sample_checkpoint(1));
    row(2);
  }

  void row(std::int64_t step) {
    writer.append_metrics("train", step, {{"loss", 1.0 / static_cast<double>(step), "nats"}});
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(scratch.path()))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
  /// Polls, as training does between steps, until the file is of this step.
  void poll_until(std::int64_t step) {
    while (open_run(path, RunParts::without_arrays).step != step) {
      writer.poll();
      std::this_thread::yield();
    }
  }

  Scratch scratch;
  std::filesystem::path path = scratch / "run.h5";
  RunWriter writer = RunWriter::create(path, sample_record());
};

TEST_F(BackgroundSaving, ReadersHaveAllRowsBeforeAndAfterItIsInPlace) {
  writer.begin_checkpoint(sample_checkpoint(2));
  row(3);
  RunRecord run = open_run(path);
  EXPECT_EQ(run.step, 1) << "nobody has polled yet";
  EXPECT_THAT(run.metrics.at("train").steps, ElementsAre(1, 2, 3));
  poll_until(2);
  run = open_run(path);
  EXPECT_THAT(run.metrics.at("train").steps, ElementsAre(1, 2, 3));
  EXPECT_EQ(run.metrics.at("train").checkpoint_rows, 2);
  EXPECT_EQ(run.state.integer("position/window"), 2);
  EXPECT_EQ(run.best->step, 2);
  row(4);
  EXPECT_THAT(open_run(path).metrics.at("train").steps, ElementsAre(1, 2, 3, 4));
  writer = RunWriter::create(scratch / "other.h5", sample_record());  // as after a kill
  const RunWriter again = RunWriter::resume(path);
  EXPECT_THAT(again.record().metrics.at("train").steps, ElementsAre(1, 2));
}

TEST_F(BackgroundSaving, TheNextOneAndTheEndWaitForIt) {
  writer.begin_checkpoint(sample_checkpoint(2));
  row(3);
  writer.begin_checkpoint(sample_checkpoint(3));
  EXPECT_EQ(open_run(path).step, 2);
  row(4);
  writer.finish(RunStatus::interrupted, "enough");
  const RunRecord run = open_run(path);
  EXPECT_EQ(run.step, 3);
  EXPECT_EQ(run.state.integer("position/window"), 3);
  EXPECT_EQ(run.metrics.at("train").checkpoint_rows, 3);
  EXPECT_THAT(run.metrics.at("train").steps, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(files(), ElementsAre("run.h5", "run.h5.lock"));
}

TEST_F(BackgroundSaving, BestWeightsStayUntilThereAreBetterOnes) {
  Checkpoint plain = sample_checkpoint(2);
  plain.best.reset();
  writer.begin_checkpoint(std::move(plain));
  writer.record().best = RunRecord::Best{7, sample_checkpoint(7).weights};
  writer.finish(RunStatus::completed);
  EXPECT_EQ(open_run(path).best->step, 7);
  writer = RunWriter::create(scratch / "other.h5", sample_record());
  writer = RunWriter::resume(path);
  Checkpoint more = sample_checkpoint(3);
  more.best.reset();
  writer.begin_checkpoint(std::move(more));
  poll_until(3);
  EXPECT_EQ(open_run(path).best->step, 7);
}

TEST_F(BackgroundSaving, TellsHowLongTheLastOneTook) {
  RunWriter other = RunWriter::create(scratch / "other.h5", sample_record());
  EXPECT_EQ(other.writing_seconds(), 0);
  writer.begin_checkpoint(sample_checkpoint(2));
  poll_until(2);
  EXPECT_GT(writer.writing_seconds(), 0);
  EXPECT_LT(writer.writing_seconds(), 60);
}

TEST_F(BackgroundSaving, WhatIsGivenUpLeavesNothingBehind) {
  writer.begin_checkpoint(sample_checkpoint(2));
  row(3);
  writer = RunWriter::create(scratch / "other.h5", sample_record());
  EXPECT_THAT(files(), ElementsAre("other.h5", "other.h5.lock", "run.h5", "run.h5.journal"));
  EXPECT_EQ(open_run(path).step, 1);
  EXPECT_THAT(open_run(path).metrics.at("train").steps, ElementsAre(1, 2, 3));
}

TEST_F(BackgroundSaving, AFullDiskIsToldBetweenStepsAndLosesNothing) {
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limited{std::filesystem::file_size(journal_of(path)) + 200, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &limited);
  writer.begin_checkpoint(sample_checkpoint(2));
  EXPECT_THAT(
      [&] {
        for (;;) writer.poll();
      },
      ThrowsMessage<Error>(HasSubstr(
          "run.h5: cannot be written: File too large; its last checkpoint (step 1) is intact, and "
          "so are the rows since in its journal")));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  row(3);
  EXPECT_EQ(open_run(path).step, 1);
  EXPECT_THAT(open_run(path).metrics.at("train").steps, ElementsAre(1, 2, 3));
  writer.finish(RunStatus::failed, "no room");  // there is room again, and what was to be saved is
  const RunRecord run = open_run(path);
  EXPECT_EQ(run.step, 2);
  EXPECT_EQ(run.state.integer("position/window"), 2);
  EXPECT_EQ(run.metrics.at("train").checkpoint_rows, 2);
  EXPECT_THAT(run.metrics.at("train").steps, ElementsAre(1, 2, 3));
}

TEST_F(BackgroundSaving, FormerCheckpointsAreKept) {
  writer.keep({2, 0});
  for (const std::int64_t step : {3, 5, 8}) {
    writer.begin_checkpoint(sample_checkpoint(step));
    poll_until(step);
  }
  EXPECT_THAT(kept_steps(path), ElementsAre(3, 5));
  EXPECT_EQ(open_run(kept_checkpoint(path, 5)).state.integer("position/window"), 5);
}

}  // namespace
}  // namespace unroll

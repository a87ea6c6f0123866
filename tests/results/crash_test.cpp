// What a kill at any moment and damage of any kind leave behind.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>

#include <gmock/gmock.h>

#include <unroll/core/error.hpp>
#include <unroll/results/run_file.hpp>

#include "results/sample_run.hpp"
#include "results/scratch.hpp"

namespace unroll {
namespace {

constexpr int kKills = 40;
constexpr int kStepsPerCheckpoint = 7;

double loss_at(std::int64_t step) {
  return 4.0 / static_cast<double>(step);
}

Checkpoint large_checkpoint(std::int64_t step) {
  Checkpoint checkpoint = sample_checkpoint(step);
  checkpoint.weights.put("large",
                         Array{{50'000}, std::vector<float>(50'000, static_cast<float>(step)), {}});
  return checkpoint;
}

/// Trains for ever from the last checkpoint; reports each step that must survive.
[[noreturn]] void train(const std::filesystem::path& path, int report) {
  RunWriter writer = RunWriter::resume(path);
  for (std::int64_t step = writer.record().step + 1;; ++step) {
    writer.append_metrics("train", step, {{"loss", loss_at(step), "nats/char"}});
    writer.append_sample({step, "greedy", "a", "line\n" + std::to_string(step)});
    if (::write(report, &step, sizeof step) != sizeof step) ::_exit(1);
    writer.poll();
    if (step % (2 * kStepsPerCheckpoint) == 0)
      writer.begin_checkpoint(large_checkpoint(step));
    else if (step % kStepsPerCheckpoint == 0)
      writer.checkpoint(large_checkpoint(step));
  }
}

TEST(Crash, KilledAtAnyMomentTheFileOpensAndNothingReportedIsLost) {
  const Scratch scratch;
  const auto path = scratch / "run.h5";
  RunWriter::create(path, sample_record());
  std::mt19937 random(1);
  std::int64_t checkpoint = 0, furthest = 0;
  for (int kill = 0; kill < kKills; ++kill) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      try {
        train(path, pipe[1]);
      } catch (...) {
        ::_exit(1);
      }
    }
    ::close(pipe[1]);
    std::int64_t reported = 0;
    // Steps are waited for, not time, so that slow programs come past checkpoints as well.
    std::uniform_int_distribution steps(1, 2 * kStepsPerCheckpoint);
    for (int more = steps(random); more > 0; --more) {
      ASSERT_EQ(::read(pipe[0], &reported, sizeof reported), ssize_t{sizeof reported});
    }
    ::usleep(std::uniform_int_distribution<useconds_t>(0, 10'000)(random));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer gave up by itself";
    while (::read(pipe[0], &reported, sizeof reported) == ssize_t{sizeof reported}) {
    }
    ::close(pipe[0]);

    const RunRecord run = open_run(path);
    const MetricTable& table = run.metrics.at("train");
    ASSERT_GE(table.rows(), static_cast<std::size_t>(reported));
    for (std::size_t i = 0; i < table.rows(); ++i) {
      ASSERT_EQ(table.steps[i], static_cast<std::int64_t>(i + 1));
      ASSERT_EQ((*table.find("loss"))[i], loss_at(table.steps[i]));
    }
    ASSERT_GE(run.samples.size(), static_cast<std::size_t>(reported));
    ASSERT_TRUE(run.warnings.empty());
    ASSERT_EQ(run.status, RunStatus::running);
    ASSERT_FALSE(run_writer(path));
    ASSERT_GE(run.step, checkpoint);
    checkpoint = run.step;
    furthest = reported;
    if (run.step > 0) {
      ASSERT_EQ(run.state.integer("position/window"), run.step);
      ASSERT_EQ(run.weights.array("large").values,
                large_checkpoint(run.step).weights.array("large").values);
    }
  }
  EXPECT_GT(checkpoint, 0);
  EXPECT_GT(furthest, kStepsPerCheckpoint);
}

/// Kills a child, however the test ends: one that waits for ever would hold up its runner.
struct Ended {
  pid_t child;
  ~Ended() {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
};

TEST(Crash, ReadersNeverSeeHalfACheckpoint) {
  const Scratch scratch;
  const auto path = scratch / "run.h5";
  RunWriter::create(path, sample_record());
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      train(path, pipe[1]);
    } catch (...) {
      ::_exit(1);
    }
  }
  const Ended ended{child};
  std::int64_t first = 0;
  ASSERT_EQ(::read(pipe[0], &first, sizeof first), ssize_t{sizeof first});
  std::size_t rows = 0;
  for (int i = 0; i < 60; ++i) {
    const RunRecord run = open_run(path);
    const std::size_t now = run.metrics.empty() ? 0 : run.metrics.at("train").rows();
    EXPECT_GE(now, rows) << "rows that had been seen are gone";
    rows = now;
  }
  ::close(pipe[0]);
  ::close(pipe[1]);
  EXPECT_GT(rows, 0u);
}

}  // namespace
}  // namespace unroll

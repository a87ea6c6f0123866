// What others make of a run: running, killed, or what it says itself.
#include <gmock/gmock.h>

#include <unroll/results/observed_run.hpp>
#include <unroll/results/run_file.hpp>

#include "results/sample_run.hpp"
#include "results/scratch.hpp"

namespace unroll {
namespace {

using testing::HasSubstr;
using testing::Optional;

TEST(ObservedRun, RunsWhileSomeoneWritesItAndIsKilledOtherwise) {
  const Scratch scratch;
  const auto path = scratch / "run.h5";
  {
    const RunWriter writer = RunWriter::create(path, sample_record());
    const ObservedRun run = observe_run(path);
    EXPECT_EQ(run.status(), "running");
    EXPECT_THAT(run.writer, Optional(HasSubstr("process ")));
  }
  EXPECT_EQ(observe_run(path).status(), "killed");  // it never finished
  EXPECT_TRUE(observe_run(path).killed());
}

TEST(ObservedRun, IsWhatItSaysOnceItHasEnded) {
  const Scratch scratch;
  const auto path = scratch / "run.h5";
  RunWriter writer = RunWriter::create(path, sample_record());
  writer.checkpoint(sample_checkpoint(1));
  writer.finish(RunStatus::interrupted, "asked to");
  const ObservedRun run = observe_run(path, RunParts::figures);  // its writer is about to go
  EXPECT_EQ(run.status(), "interrupted");
  EXPECT_TRUE(run.writer);
  EXPECT_FALSE(run.killed());
  EXPECT_TRUE(run.record.weights.entries().empty());
}

}  // namespace
}  // namespace unroll

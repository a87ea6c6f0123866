// Labels: kept in the file, everything else as it was; runs that are being written are left alone.
#include <gmock/gmock.h>

#include <unroll/core/error.hpp>
#include <unroll/core/files.hpp>
#include <unroll/results/journal.hpp>
#include <unroll/results/run_file.hpp>
#include <unroll/results/run_labels.hpp>

#include "results/sample_run.hpp"
#include "results/scratch.hpp"

namespace unroll {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

void write_run(const std::filesystem::path& path) {
  RunWriter writer = RunWriter::create(path, sample_record());
  writer.append_metrics("train", 2, {{"loss", 3.0, "nats/char"}});
  writer.append_sample({2, "greedy", "a", "b", "", {{"cycle", 0, "characters"}}});
  writer.checkpoint(sample_checkpoint(2));
  writer.finish(RunStatus::completed);
}

TEST(RunLabels, AreKeptAndNothingElseChanges) {
  const Scratch scratch;
  const auto path = scratch / "run.h5";
  write_run(path);
  const std::string before = read_file(path);
  change_labels(path, [](RunLabels& labels) {
    labels.name = "naïve";
    labels.add_tag("paper");
    labels.add_tag("baseline");
    labels.add_tag("paper");
    labels.note = "two\nlines";
  });
  const RunRecord run = open_run(path, RunParts::figures);
  EXPECT_EQ(run.labels.name, "naïve");
  EXPECT_THAT(run.labels.tags, ElementsAre("baseline", "paper"));
  EXPECT_EQ(run.labels.note, "two\nlines");
  change_labels(path, [](RunLabels& labels) { labels = {}; });
  EXPECT_EQ(read_file(path), before);
}

TEST(RunLabels, OfAKilledRunKeepItsRowsAndItsCheckpoint) {
  const Scratch scratch;
  const auto path = scratch / "run.h5";
  {
    RunWriter writer = RunWriter::create(path, sample_record());
    writer.append_metrics("train", 2, {{"loss", 3.0, "nats/char"}});
    writer.checkpoint(sample_checkpoint(2));
    writer.append_metrics("train", 3, {{"loss", 2.5, "nats/char"}});
  }
  change_labels(path, [](RunLabels& labels) { labels.add_tag("odd"); });
  EXPECT_FALSE(std::filesystem::exists(journal_of(path)));
  EXPECT_THAT(open_run(path).metrics.at("train").steps, ElementsAre(2, 3));
  const RunWriter resumed = RunWriter::resume(path);
  EXPECT_THAT(resumed.record().metrics.at("train").steps, ElementsAre(2));
  EXPECT_THAT(resumed.record().labels.tags, ElementsAre("odd"));
}

TEST(RunLabels, ARunningRunIsRefused) {
  const Scratch scratch;
  const auto path = scratch / "run.h5";
  const RunWriter writer = RunWriter::create(path, sample_record());
  EXPECT_THAT([&] { change_labels(path, [](RunLabels&) {}); },
              ThrowsMessage<Error>(HasSubstr("is being written by process")));
  EXPECT_THAT([&] { move_run(path, scratch / "other.h5"); },
              ThrowsMessage<Error>(HasSubstr("is being written by process")));
}

TEST(RunLabels, AMissingRunLeavesNoLock) {
  const Scratch scratch;
  EXPECT_THAT([&] { change_labels(scratch / "no.h5", [](RunLabels&) {}); },
              testing::Throws<Error>());
  EXPECT_TRUE(std::filesystem::is_empty(scratch.path()));
}

TEST(RunLabels, FilesMoveWithWhatBelongsToThem) {
  const Scratch scratch;
  write_run(scratch / "a.h5");
  write_run(scratch / "b.h5");
  std::filesystem::create_directory(scratch / "a.checkpoints");
  move_run(scratch / "a.h5", scratch / "c.h5");
  EXPECT_TRUE(std::filesystem::exists(scratch / "c.h5"));
  EXPECT_TRUE(std::filesystem::exists(scratch / "c.checkpoints"));
  EXPECT_FALSE(std::filesystem::exists(scratch / "a.h5"));
  EXPECT_THAT([&] { move_run(scratch / "c.h5", scratch / "b.h5"); },
              ThrowsMessage<Error>(HasSubstr("b.h5: exists already")));
}

TEST(RunLabels, WordsAreChecked) {
  EXPECT_THROW(RunLabels::check_tag("two words"), Error);
  EXPECT_THROW(RunLabels::check_tag("a,b"), Error);
  EXPECT_THROW(RunLabels::check_name("\x1b[1m"), Error);
  EXPECT_THROW(RunLabels::check_name("\xff"), Error);
  EXPECT_THROW(RunLabels::check_name(std::string(201, 'x')), Error);
  EXPECT_NO_THROW(RunLabels::check_name("a wide GRU, naïve"));
  RunLabels labels;
  EXPECT_THROW(labels.remove_tag("x"), Error);
}

}  // namespace
}  // namespace unroll

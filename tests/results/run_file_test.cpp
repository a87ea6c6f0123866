// Run files: what is written is read, refusals have their own words, writers exclude each other.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <fstream>

#include <gmock/gmock.h>

#include <unroll/core/error.hpp>
#include <unroll/core/files.hpp>
#include <unroll/results/hdf5.hpp>
#include <unroll/results/journal.hpp>
#include <unroll/results/run_file.hpp>

#include "paths.hpp"
#include "results/sample_run.hpp"
#include "results/scratch.hpp"

namespace unroll {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

std::vector<std::string> files_in(const Scratch& scratch) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(scratch.path()))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

TEST(RunFile, RoundTrip) {
  const Scratch scratch;
  const auto path = scratch / "run.h5";
  {
    RunWriter writer = RunWriter::create(path, sample_record());
    writer.append_metrics("train", 1, {{"loss", 4.0, "nats/char"}});
    writer.append_metrics("train", 2, {{"loss", 3.0, "nats/char"}, {"accuracy", 0.5, "1"}});
    writer.append_timing("train", 2, {{"speed", 1e6, "tokens/s"}});
    writer.append_sample({1, "greedy", "today ", "", "", {{"cycle", 0, "characters"}}});
    writer.append_sample({2,
                          "greedy",
                          "today ",
                          "the company\tof\nthe company \\",
                          "no company",
                          {{"cycle", 15, "characters"}, {"distinct_1", 0.75, "1"}}});
    writer.checkpoint(sample_checkpoint(2));
    writer.append_metrics("validation", 2, {{"loss", std::nan(""), "nats/char"}});
    writer.finish(RunStatus::completed);
  }
  EXPECT_THAT(files_in(scratch), ElementsAre("run.h5"));
  const RunRecord run = open_run(path);
  EXPECT_EQ(run.experiment, "char_lstm");
  EXPECT_EQ(run.status, RunStatus::completed);
  EXPECT_EQ(run.finished.size(), 20u);
  EXPECT_EQ(run.config_source, "seed: 1 # naïve\n");
  EXPECT_EQ(run.environment.text("versions/unroll"), "0.1.0");
  EXPECT_THAT(run.metrics.at("train").steps, ElementsAre(1, 2));
  EXPECT_THAT(*run.metrics.at("train").find("loss"), ElementsAre(4, 3));
  EXPECT_EQ(run.metrics.at("train").columns.at("loss").unit, "nats/char");
  EXPECT_TRUE(std::isnan(run.metrics.at("train").find("accuracy")->front()));
  EXPECT_EQ(run.metrics.at("train").last("accuracy"), 0.5);
  EXPECT_EQ(run.metrics.at("validation").last("loss"), std::nullopt);
  EXPECT_EQ(run.timing.at("train").last("speed"), 1e6);
  EXPECT_THAT(run.samples,
              ElementsAre(RunSample{1, "greedy", "today ", "", "", {{"cycle", 0, "characters"}}},
                          RunSample{2,
                                    "greedy",
                                    "today ",
                                    "the company\tof\nthe company \\",
                                    "no company",
                                    {{"cycle", 15, "characters"}, {"distinct_1", 0.75, "1"}}}));
  EXPECT_EQ(run.step, 2);
  EXPECT_EQ(run.weights.array("layer0/U").values,
            sample_checkpoint(2).weights.array("layer0/U").values);
  EXPECT_EQ(run.weights.array("layer0/U").attributes.at("gates"), "i, f, g, o");
  EXPECT_EQ(run.state.integer("position/window"), 2);
  ASSERT_TRUE(run.best);
  EXPECT_EQ(run.best->step, 2);
  EXPECT_EQ(run.best->weights.entries().size(), 1u);
  EXPECT_THAT(open_run(path, RunParts::without_arrays).weights.entries(), IsEmpty());
}

TEST(RunFile, ReaderFoldsTheJournalAndResumingDropsIt) {
  const Scratch scratch;
  const auto path = scratch / "run.h5";
  RunWriter writer = RunWriter::create(path, sample_record());
  writer.append_metrics("train", 1, {{"loss", 4.0, "nats"}});
  writer.checkpoint(sample_checkpoint(1));
  writer.append_metrics("train", 2, {{"loss", 0.1, "nats"}, {"new", -INFINITY, "1"}});
  writer.append_metrics("validation", 2, {{"loss", std::nan(""), "nats"}});
  writer.append_sample({2, "greedy", "a\tb", "c\n\\n", "", {{"cycle", 3, "characters"}}});
  writer.append_sample({2, "greedy", "", "d"});
  RunRecord run = open_run(path);
  EXPECT_EQ(run.status, RunStatus::running);
  EXPECT_THAT(*run.metrics.at("train").find("loss"), ElementsAre(4, 0.1));
  EXPECT_EQ(run.metrics.at("train").last("new"), -INFINITY);
  EXPECT_THAT(
      run.samples,
      ElementsAre(RunSample{2, "greedy", "a\tb", "c\n\\n", "", {{"cycle", 3, "characters"}}},
                  RunSample{2, "greedy", "", "d"}));
  EXPECT_THAT(run.warnings, IsEmpty());
  EXPECT_TRUE(run_writer(path));
  writer = RunWriter(RunWriter::create(scratch / "other.h5", sample_record()));  // frees run.h5
  EXPECT_FALSE(run_writer(path));
  {
    RunWriter again = RunWriter::resume(path);
    EXPECT_EQ(again.record().step, 1);
    EXPECT_EQ(again.record().state.integer("position/window"), 1);
    EXPECT_THAT(again.record().metrics.at("train").steps, ElementsAre(1));
    again.append_metrics("train", 2, {{"loss", 0.2, "nats"}});
  }
  run = open_run(path);
  EXPECT_THAT(*run.metrics.at("train").find("loss"), ElementsAre(4, 0.2));
  EXPECT_EQ(run.metrics.count("validation"), 0u);
  EXPECT_EQ(run.state.integer("position/window"), 1);
}

TEST(RunFile, ResumedRunEqualsAnUndisturbedOne) {
  const Scratch scratch;
  const auto train = [](RunWriter& writer, std::int64_t from, std::int64_t to) {
    for (std::int64_t step = from; step <= to; ++step) {
      writer.append_metrics("train", step, {{"loss", 1.0 / static_cast<double>(step), "nats"}});
      if (step % 2 == 0) writer.checkpoint(sample_checkpoint(step));
    }
  };
  {
    RunWriter writer = RunWriter::create(scratch / "whole.h5", sample_record());
    train(writer, 1, 6);
    writer.record().created = "2026-01-01T00:00:00Z";
    writer.finish(RunStatus::completed);
  }
  {
    RunWriter writer = RunWriter::create(scratch / "parts.h5", sample_record());
    train(writer, 1, 5);
    writer.finish(RunStatus::interrupted, "SIGINT");
  }
  {
    RunWriter writer = RunWriter::resume(scratch / "parts.h5");
    train(writer, writer.record().step + 1, 6);
    writer.record().created = "2026-01-01T00:00:00Z";
    writer.finish(RunStatus::completed);
  }
  RunRecord whole = open_run(scratch / "whole.h5"), parts = open_run(scratch / "parts.h5");
  whole.finished = parts.finished;
  EXPECT_EQ(run_to_bytes(whole), run_to_bytes(parts));
}

TEST(RunFile, NeverOverwritesUnasked) {
  const Scratch scratch;
  const auto path = scratch / "deep/run.h5";
  RunWriter::create(path, sample_record()).append_metrics("train", 1, {{"loss", 1, "nats"}});
  EXPECT_THAT([&] { RunWriter::create(path, sample_record()); },
              ThrowsMessage<Error>(
                  path.string() + ": exists already; give --force to replace it, or another name"));
  EXPECT_EQ(open_run(path).metrics.at("train").rows(), 1u);
  RunWriter::create(path, sample_record(), true);
  EXPECT_THAT(open_run(path).metrics, IsEmpty());
  std::ofstream(scratch / "thesis.txt") << "years of work";
  EXPECT_THAT([&] { RunWriter::create(scratch / "thesis.txt", sample_record(), true); },
              ThrowsMessage<Error>(HasSubstr("exists and is not a run file")));
  EXPECT_EQ(read_file(scratch / "thesis.txt"), "years of work");
}

TEST(RunFile, OneWriterAtATime) {
  const Scratch scratch;
  const auto path = scratch / "run.h5";
  const RunWriter writer = RunWriter::create(path, sample_record());
  const auto refused = ThrowsMessage<Error>(
      HasSubstr(fmt::format("run.h5: is being written by process {} on ", ::getpid())));
  EXPECT_THAT([&] { RunWriter::create(path, sample_record(), true); }, refused);
  EXPECT_THAT([&] { RunWriter::resume(path); }, refused);
}

TEST(RunFile, SweepsWhatKilledWritersLeft) {
  const Scratch scratch;
  for (const char* name : {"run.h5.123.tmp", "run.h5.mine.tmp", "run.h5.lock", "run.h5.journal"})
    std::ofstream(scratch / name) << "left behind";
  RunWriter::create(scratch / "run.h5", sample_record());
  EXPECT_THAT(files_in(scratch), ElementsAre("run.h5", "run.h5.mine.tmp"));
}

TEST(RunFile, RefusesInItsOwnWords) {
  const Scratch scratch;
  const auto path = scratch / "run.h5";
  const std::string name = path.string();
  const std::string whole = run_to_bytes(sample_record());
  const auto opening = [&](const std::string& bytes) {
    return [&, bytes] {
      std::ofstream(path, std::ios::binary) << bytes;
      open_run(path);
    };
  };
  EXPECT_NO_THROW(opening(whole)());
  EXPECT_THAT([&] { open_run(scratch / "none.h5"); },
              ThrowsMessage<Error>(HasSubstr("none.h5: cannot be read: No such file")));
  EXPECT_THAT([&] { open_run(scratch.path()); }, ThrowsMessage<Error>(HasSubstr("is a directory")));
  EXPECT_THAT(opening(""), ThrowsMessage<Error>(HasSubstr("run.h5: is empty")));
  EXPECT_THAT(opening("Call me Ishmael."),
              ThrowsMessage<Error>(
                  name + ": is not an Unroll run file; give a run file written by runexp"));
  EXPECT_THAT(opening(read_file(test::fixture("ops.h5"))),
              ThrowsMessage<Error>(HasSubstr("but another program's HDF5 file")));
  EXPECT_THAT(opening(whole.substr(0, 100)), ThrowsMessage<Error>(HasSubstr("is truncated (100 ")));
  EXPECT_THAT(opening(whole.substr(0, whole.size() - 1)),
              ThrowsMessage<Error>(HasSubstr(fmt::format("is truncated ({} of {} bytes are left)",
                                                         whole.size() - 1, whole.size()))));
  EXPECT_THAT(opening(whole + "x"), ThrowsMessage<Error>(HasSubstr("is damaged")));
  std::string flipped = whole;
  flipped[whole.size() / 2] ^= 1;
  EXPECT_THAT(opening(flipped),
              ThrowsMessage<Error>(
                  name + ": is damaged (its checksum does not match); restore it from a copy"));
  std::string newer = whole;
  newer.replace(newer.find(" 1\n"), 3, " 2\n");
  EXPECT_THAT(opening(newer),
              ThrowsMessage<Error>(name + ": has run file version 2, but this Unroll reads up to "
                                          "version 1; use a newer Unroll"));
  try {
    opening(newer)();
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 4);
  }
}

TEST(RunFile, MetricNamesAreChecked) {
  const Scratch scratch;
  RunWriter writer = RunWriter::create(scratch / "run.h5", sample_record());
  for (const char* name : {"", "step", "a/b", "."})
    EXPECT_THROW(writer.append_metrics("train", 1, {{name, 1, ""}}), Error) << name;
  EXPECT_THROW(writer.append_metrics("a/b", 1, {{"loss", 1, ""}}), Error);
  EXPECT_NO_THROW(writer.checkpoint(sample_checkpoint(1)));
}

TEST(RunFile, TornAndForeignJournals) {
  const Scratch scratch;
  const auto path = scratch / "run.h5";
  {
    RunWriter writer = RunWriter::create(path, sample_record());
    for (int step = 1; step <= 5; ++step)
      writer.append_metrics("train", step, {{"loss", step / 10.0, "nats"}});
  }
  const std::string journal = read_file(journal_of(path));
  const auto rows_with = [&](const std::string& bytes) {
    std::ofstream(journal_of(path), std::ios::binary) << bytes;
    const RunRecord run = open_run(path);
    return run.metrics.empty() ? 0u : run.metrics.at("train").rows();
  };
  EXPECT_EQ(rows_with(journal), 5u);
  std::size_t last = 0;
  for (std::size_t length = 0; length <= journal.size(); ++length) {
    const std::size_t rows = rows_with(journal.substr(0, length));
    EXPECT_TRUE(rows == last || rows == last + 1) << length;
    last = rows;
  }
  EXPECT_EQ(last, 5u);
  std::string damaged = journal;
  damaged[damaged.size() - 3] ^= 1;
  EXPECT_EQ(rows_with(damaged), 4u);
  EXPECT_THAT(open_run(path).warnings, ElementsAre(HasSubstr("run.h5.journal: is damaged; ")));
  std::string foreign = journal;
  foreign[20] = foreign[20] == 'a' ? 'b' : 'a';
  EXPECT_EQ(rows_with(foreign), 0u);
}

/// Runs `body` with a limit on the size of files, as on a full disk.
template <typename Body>
void with_file_limit(rlim_t bytes, Body body) {
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limited{bytes, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &limited);
  body();
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
}

TEST(RunFile, FullDiskLosesNothingSaved) {
  const Scratch scratch;
  const auto path = scratch / "run.h5";
  RunWriter writer = RunWriter::create(path, sample_record());
  writer.append_metrics("train", 1, {{"loss", 4, "nats"}});
  writer.checkpoint(sample_checkpoint(1));
  writer.append_metrics("train", 2, {{"loss", 3, "nats"}});
  const auto journal_size = std::filesystem::file_size(journal_of(path));
  with_file_limit(journal_size + 30, [&] {
    EXPECT_THAT(
        [&] {
          writer.append_metrics("train", 3, {{"loss", 2, "nats"}});
        },
        ThrowsMessage<Error>(HasSubstr("run.h5.journal: cannot be written: File too large")));
    EXPECT_THAT([&] { writer.checkpoint(sample_checkpoint(3)); },
                ThrowsMessage<Error>(HasSubstr(
                    "run.h5: cannot be written: File too large; its last checkpoint (step 1) is "
                    "intact, and so are the rows since in its journal")));
    EXPECT_THROW(RunWriter::create(scratch / "second.h5", sample_record()), Error);
  });
  EXPECT_THAT(files_in(scratch), ElementsAre("run.h5", "run.h5.journal", "run.h5.lock"));
  RunRecord run = open_run(path);
  EXPECT_EQ(run.step, 1);
  EXPECT_THAT(run.metrics.at("train").steps, ElementsAre(1, 2));
  EXPECT_THAT(run.warnings, IsEmpty());
  writer.append_metrics("train", 4, {{"loss", 1, "nats"}});  // there is room again
  EXPECT_THAT(open_run(path).metrics.at("train").steps, ElementsAre(1, 2, 4));
  writer.checkpoint(sample_checkpoint(4));
  EXPECT_THAT(open_run(path).metrics.at("train").steps, ElementsAre(1, 2, 3, 4));
}

TEST(RunFile, FolderThatCannotBeWritten) {
  EXPECT_THAT([] { RunWriter::create("/proc/run.h5", sample_record()); },
              ThrowsMessage<Error>(HasSubstr("/proc/run.h5: cannot be written: ")));
  EXPECT_THAT([] { RunWriter::create("/dev/null/run.h5", sample_record()); },
              ThrowsMessage<Error>(HasSubstr("/dev/null/run.h5: its folder cannot be made: ")));
  EXPECT_THAT([] { RunWriter::resume("/nowhere/run.h5"); },
              ThrowsMessage<Error>(HasSubstr("/nowhere/run.h5: cannot be read: ")));
}

}  // namespace
}  // namespace unroll

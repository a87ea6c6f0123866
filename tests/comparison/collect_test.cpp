// Collecting: files, folders and patterns; what is damaged is named and the rest goes on.
#include <gmock/gmock.h>

#include <fstream>

#include <unroll/comparison/collect.hpp>
#include <unroll/core/error.hpp>
#include <unroll/results/run_file.hpp>

#include "results/sample_run.hpp"
#include "results/scratch.hpp"

namespace unroll::comparison {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

void write_run(const fs::path& path, RunStatus status = RunStatus::completed) {
  RunWriter writer = RunWriter::create(path, sample_record());
  writer.append_metrics("validation", 2, {{"loss", 1.5, "nats/char"}});
  writer.checkpoint(sample_checkpoint(2));
  writer.append_sample({2, "greedy", "a", "b", "", {}});
  if (status != RunStatus::running) writer.finish(status);
}

std::vector<std::string> names(const std::vector<fs::path>& files, const Scratch& scratch) {
  std::vector<std::string> found;
  for (const fs::path& file : files) found.push_back(fs::relative(file, scratch.path()));
  return found;
}

TEST(Collect, FilesFoldersAndPatterns) {
  const Scratch scratch;
  for (const char* name :
       {"b.h5", "a.h5", "sweep/2.h5", "sweep/1.h5", ".hidden/x.h5", "a.checkpoints/2.h5"})
    write_run(scratch / name);
  std::ofstream(scratch / "notes.txt") << "no run";
  std::ofstream(scratch / "foreign.h5") << "no run";
  const std::string root = scratch.path();
  const auto found = [&](const std::vector<std::string>& places) {
    return names(find_runs(places), scratch);
  };
  EXPECT_THAT(found({root}), ElementsAre("a.h5", "b.h5", "sweep/1.h5", "sweep/2.h5"));
  EXPECT_THAT(found({root + "/b.h5", root}),
              ElementsAre("b.h5", "a.h5", "sweep/1.h5", "sweep/2.h5"));
  EXPECT_THAT(found({root + "/*.h5"}), ElementsAre("a.h5", "b.h5"));
  EXPECT_THAT(found({root + "/sw*"}), ElementsAre("sweep/1.h5", "sweep/2.h5"));
  EXPECT_THAT(found({root + "/sweep/1.h5", root + "/./sweep/1.h5"}), ElementsAre("sweep/1.h5"));
  EXPECT_THAT(found({root + "/foreign.h5"}), ElementsAre("foreign.h5"));  // named: to be refused
  EXPECT_THAT([&] { find_runs({root + "/c.h5"}); },
              ThrowsMessage<Error>(HasSubstr("c.h5: there is no such file or folder")));
  EXPECT_THAT([&] { find_runs({root + "/c*.h5"}); },
              ThrowsMessage<Error>(HasSubstr("nothing fits the pattern")));
  fs::create_directory(scratch / "empty");
  EXPECT_THAT(found({root + "/empty"}), IsEmpty());
}

TEST(Collect, DamagedFilesAreNamedAndTheRestGoesOn) {
  const Scratch scratch;
  for (const char* name : {"a.h5", "b.h5", "c.h5"}) write_run(scratch / name);
  {
    std::fstream file(scratch / "b.h5", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(2000);
    file.put('\x55');
  }
  const Collection collection = read_runs(find_runs({scratch.path()}), 3);
  ASSERT_EQ(collection.runs.size(), 2u);
  EXPECT_EQ(collection.runs[0].path, scratch / "a.h5");
  EXPECT_EQ(collection.runs[1].path, scratch / "c.h5");
  EXPECT_THAT(collection.problems, ElementsAre(HasSubstr("b.h5: is damaged")));
}

TEST(Collect, ReadsFiguresAndNoMore) {
  const Scratch scratch;
  write_run(scratch / "run.h5");
  const ComparedRun run = read_run(scratch / "run.h5");
  EXPECT_EQ(run.status, "completed");
  EXPECT_EQ(*run.settings.find("seed"), "1");
  EXPECT_EQ(run.record.metrics.at("validation").last("loss"), 1.5);
  EXPECT_TRUE(run.record.environment.has("threads"));
  EXPECT_TRUE(run.record.samples.empty());
  EXPECT_TRUE(run.record.weights.entries().empty());
  EXPECT_TRUE(run.record.vocabulary.entries().empty());
}

TEST(Collect, TellsKilledFromRunning) {
  const Scratch scratch;
  write_run(scratch / "killed.h5", RunStatus::running);
  EXPECT_EQ(read_run(scratch / "killed.h5").status, "killed");
  const RunWriter writer = RunWriter::create(scratch / "running.h5", sample_record());
  EXPECT_EQ(read_run(scratch / "running.h5").status, "running");
}

}  // namespace
}  // namespace unroll::comparison

// Run files as h5dump, h5diff and h5py see them.
#include <cstdlib>
#include <fstream>

#include <fmt/core.h>
#include <gmock/gmock.h>

#include <unroll/results/run_file.hpp>

#include "results/sample_run.hpp"
#include "results/scratch.hpp"

namespace unroll {
namespace {

int run(const std::string& command) {
  return std::system(command.c_str());
}

void write_run(const std::filesystem::path& path, double loss) {
  RunWriter writer = RunWriter::create(path, sample_record());
  writer.append_metrics("train", 1, {{"loss", loss, "nats/char"}});
  writer.append_metrics("train", 2, {{"loss", 3.5, "nats/char"}});
  writer.append_timing("train", 2, {{"speed", loss * 1e5, "tokens/s"}});
  writer.append_sample({2, "greedy", "today ", "süß\n"});
  writer.checkpoint(sample_checkpoint(2));
  writer.finish(RunStatus::completed);
}

TEST(OtherPrograms, H5dumpReadsEverything) {
  if (run("command -v h5dump > /dev/null") != 0) GTEST_SKIP() << "hdf5-tools is not installed";
  const Scratch scratch;
  write_run(scratch / "run.h5", 4);
  const std::string file = (scratch / "run.h5").string();
  EXPECT_EQ(run("h5dump " + file + " > /dev/null"), 0);
  EXPECT_EQ(run("h5dump -d /metrics/train/loss " + file + " | grep -q '(0): 4, 3.5'"), 0);
  EXPECT_EQ(run("h5dump -a /metrics/train/loss/unit " + file + " | grep -q nats/char"), 0);
}

TEST(OtherPrograms, H5diffFindsEqualRunsEqual) {
  if (run("command -v h5diff > /dev/null") != 0) GTEST_SKIP() << "hdf5-tools is not installed";
  const Scratch scratch;
  write_run(scratch / "a.h5", 4);
  write_run(scratch / "b.h5", 4);
  write_run(scratch / "c.h5", 5);
  const auto diff = [&](const std::string& other, const std::string& group) {
    return run(fmt::format("h5diff {0}/a.h5 {0}/{1} {2} > /dev/null", scratch.path().string(),
                           other, group));
  };
  for (const char* group : {"/metrics", "/weights", "/samples", "/state", "/vocabulary"})
    EXPECT_EQ(diff("b.h5", group), 0) << group;
  EXPECT_NE(diff("c.h5", "/metrics"), 0);
  EXPECT_EQ(diff("c.h5", "/weights"), 0);
}

TEST(OtherPrograms, H5pyReadsAsTheManualSays) {
  if (run("/usr/bin/python3 -c 'import h5py' 2> /dev/null") != 0)
    GTEST_SKIP() << "python3 with h5py is not installed";
  const Scratch scratch;
  write_run(scratch / "run.h5", 4);
  std::ofstream(scratch / "read.py") << R"(
import h5py, sys
with h5py.File(sys.argv[1], 'r') as run:
    assert run.userblock_size == 512
    assert run.attrs['format'] == 'unroll-run' and run.attrs['format_version'] == 1
    assert run.attrs['status'] == 'completed' and run.attrs['checkpoint_step'] == 2
    train = run['metrics/train']
    assert list(train['step'][:]) == [1, 2] and list(train['loss'][:]) == [4.0, 3.5]
    assert train['loss'].attrs['unit'] == 'nats/char' and train['loss'].maxshape == (None,)
    assert run['config/source'].asstr()[()] == 'seed: 1 # naïve\n'
    assert run['samples/text'].asstr()[0] == 'süß\n'
    assert run['weights/layer0/U'].shape == (3, 4) and run['weights/layer0/U'].dtype == 'f4'
    assert run['weights/layer0/U'].attrs['gates'] == 'i, f, g, o'
    assert run['environment/threads'][()] == 2
    assert run['best'].attrs['step'] == 2
)";
  EXPECT_EQ(run(fmt::format("/usr/bin/python3 {0}/read.py {0}/run.h5", scratch.path().string())),
            0);
}

}  // namespace
}  // namespace unroll

// Damaged run files: 10,000 of them, each refused with its reason, without a crash or much memory.
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

#include <gmock/gmock.h>

#include <unroll/core/error.hpp>
#include <unroll/core/sha256.hpp>
#include <unroll/results/journal.hpp>
#include <unroll/results/run_file.hpp>

#include "fuzz/mutations.hpp"
#include "results/sample_run.hpp"
#include "results/scratch.hpp"

namespace unroll {
namespace {

constexpr int kFiles = 10'000;
constexpr std::size_t kSealed = 512;  ///< where what the seal is of begins

std::string whole_run() {
  RunRecord record = sample_record();
  record.metrics["train"].append(1, {{"loss", 4, "nats/char"}});
  record.samples.push_back({1, "greedy", "a", "b"});
  record.weights = sample_checkpoint(1).weights;
  record.state = sample_checkpoint(1).state;
  return run_to_bytes(record);
}

void write(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::remove(path);  // a file that is written over waits for the disk
  std::ofstream(path, std::ios::binary) << bytes;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kLimited = false;  // their own memory is beyond any limit
#else
constexpr bool kLimited = true;
#endif

/// No more memory than this process has, and some for the reader.
class LittleMemory {
 public:
  LittleMemory() {
    if (!kLimited) return;
    ::getrlimit(RLIMIT_AS, &before_);
    std::ifstream statistics("/proc/self/statm");
    rlim_t pages = 0;
    statistics >> pages;
    rlimit less = before_;
    less.rlim_cur = pages * static_cast<rlim_t>(::getpagesize()) + (64 << 20);
    ::setrlimit(RLIMIT_AS, &less);
  }
  ~LittleMemory() {
    if (kLimited) ::setrlimit(RLIMIT_AS, &before_);
  }

 private:
  rlimit before_{};
};

TEST(Damage, TenThousandDamagedFilesAreRefusedWithTheirReasons) {
  const Scratch scratch;
  const auto path = scratch / "run.h5";
  const std::string whole = whole_run();
  Mutations mutations(2);
  const LittleMemory limit;
  for (int i = 0; i < kFiles; ++i) {
    std::string bytes = mutations.of(whole, i % 4 == 0 ? 0 : kSealed);
    if (i % 10 == 9)  // nothing but noise behind a good start, or none
      for (std::size_t at = mutations.below(2) * kSealed; at < bytes.size(); ++at)
        bytes[at] = static_cast<char>(mutations.below(256));
    if (i % 10 == 8) bytes.resize(mutations.below(bytes.size()));
    if (bytes == whole) continue;
    write(path, bytes);
    try {
      open_run(path);
      ADD_FAILURE() << "mutation " << i << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), Failure::data);
      EXPECT_EQ(std::string(error.what()).rfind(path.string() + ": ", 0), 0u) << error.what();
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    }
  }
}

TEST(Damage, DamagedJournalsGiveNothingThatWasNotMeasured) {
  const std::string header = "UNROLLJOURNAL 1 seal\n";
  std::string whole = header;
  for (int step = 1; step <= 40; ++step) {
    const std::string body = fmt::format("metrics\ttrain\t{}\tloss\tnats\t{}", step, 1.0 / step);
    whole += fmt::format("{} {}\n", sha256(body).substr(0, 16), body);
  }
  Mutations mutations(3);
  const LittleMemory limit;
  for (int i = 0; i < kFiles; ++i) {
    RunRecord record;
    fold_journal(mutations.of(whole, 0), "seal", "run.h5.journal", record);
    if (record.metrics.empty()) continue;
    const MetricTable& table = record.metrics.at("train");
    for (std::size_t row = 0; row < table.rows(); ++row) {
      ASSERT_GE(table.steps[row], 1);
      ASSERT_LE(table.steps[row], 40);
      ASSERT_EQ((*table.find("loss"))[row], 1.0 / static_cast<double>(table.steps[row]));
    }
  }
}

// Whoever damages a file and seals it again means it. Much of that cannot be told from what was
// measured, but none may do harm.
TEST(Damage, SealedAgainTenThousandAreReadOrRefused) {
  const std::string whole = whole_run();
  Mutations mutations(4);
  int refused = 0;
  const LittleMemory limit;
  for (int i = 0; i < kFiles; ++i) {
    const std::string bytes = mutations.of(whole, kSealed);
    try {
      run_from_bytes(bytes, "run.h5", RunParts::all);
    } catch (const Error& error) {
      ++refused;
      EXPECT_EQ(error.kind(), Failure::data);
      EXPECT_EQ(std::string(error.what()).rfind("run.h5: ", 0), 0u) << error.what();
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    }
  }
  EXPECT_GT(refused, kFiles / 4);
  EXPECT_LT(refused, kFiles);
}

}  // namespace
}  // namespace unroll

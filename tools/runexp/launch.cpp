#include "launch.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>

#include <unroll/core/error.hpp>
#include <unroll/core/installation.hpp>
#include <unroll/core/processors.hpp>

#include "../mpi/mpi_ranks.hpp"
#include "interrupt.hpp"

namespace unroll::cli {
namespace {

std::unique_ptr<LaunchedRanks>& joined() {
  static std::unique_ptr<LaunchedRanks> ranks;
  return ranks;
}

/// Open MPI's mpirun, PMIx (srun --mpi=pmix), and PMI say so to what they start.
bool launched() {
  if (std::getenv("PMIX_RANK") != nullptr) return true;
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"})
    if (const char* size = std::getenv(name); size != nullptr && std::atoi(size) > 1) return true;
  return false;
}

std::unique_ptr<LaunchedRanks> join_ranks() {
  const std::filesystem::path library = framework_library().parent_path() / "libunroll_mpi.so";
  // Open MPI's own components look for its symbols among the global ones.
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (handle == nullptr)
    fail(Failure::run,
         "mpirun started this process together with others, but MPI cannot be loaded: {}; build "
         "where libopenmpi-dev is installed, or start one process",
         dlerror());
  using Join = decltype(&unroll_join_ranks);
  const auto join = reinterpret_cast<Join>(dlsym(handle, "unroll_join_ranks"));
  if (join == nullptr)
    fail(Failure::run, "{}: is no library of this framework: {}", library.string(), dlerror());
  return std::unique_ptr<LaunchedRanks>(join());
}

}  // namespace

Ranks* launched_ranks() {
  static const bool together = launched();
  if (!together) return nullptr;
  if (!joined()) {
    joined() = join_ranks();
    if (joined()->rank() > 0 && std::freopen("/dev/null", "w", stdout) == nullptr)
      fail(Failure::run, "/dev/null cannot be opened");
  }
  return joined()->size() > 1 ? joined().get() : nullptr;
}

void leave_ranks(int code) {
  if (!joined()) return;
  const bool interrupted = code >= 128, gate = code == static_cast<int>(Failure::gate);
  if (code == 0 || interrupted || gate) {
    // An mpirun that is ending its processes waits for them without hearing that they part.
    if (*stop_flag() > 0) static_cast<void>(joined().release());
    joined().reset();
    return;
  }
  // Where all fail alike, rank 0 says so and saves what there is; to end it sooner would be a loss.
  std::fflush(nullptr);
  if (joined()->rank() > 0) std::this_thread::sleep_for(std::chrono::seconds(5));
  joined()->abort(code);
}

Turn::Turn(Ranks* ranks) : ranks_(ranks) {
  if (ranks_ != nullptr && ranks_->rank() > 0) ranks_->wait();
}

void Turn::over() {
  if (ranks_ != nullptr && ranks_->rank() == 0) ranks_->wait();
}

void share_experiment(ExperimentOptions& options, Ranks* ranks) {
  if (ranks == nullptr) return;
  options.training.batch *= ranks->size();
  if (options.threads == 0) options.threads = std::max(1, processors() / ranks->neighbours());
}

int help(Trainer& trainer) {
  Observer nobody;
  const Summary summary = trainer.train(nullptr, nobody, stop_flag());
  return summary.status == Status::completed ? 0 : interrupted_code();
}

}  // namespace unroll::cli

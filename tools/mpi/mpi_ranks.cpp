#include "mpi_ranks.hpp"

#include <mpi.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>

namespace unroll {
namespace {

/// Of a single call: MPI counts in int.
constexpr std::size_t kMost = std::size_t{1} << 30;

void check(int code, const char* what) {
  if (code == MPI_SUCCESS) return;
  std::string text(MPI_MAX_ERROR_STRING, '\0');
  int length = 0;
  MPI_Error_string(code, text.data(), &length);
  text.resize(static_cast<std::size_t>(length));
  throw std::runtime_error(std::string("MPI: ") + what + ": " + text);
}

class MpiRanks final : public LaunchedRanks {
 public:
  MpiRanks() {
    int provided = 0;
    check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided), "start");
    if (provided < MPI_THREAD_SERIALIZED)
      throw std::runtime_error("this MPI cannot be called from more than one thread");
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
    MPI_Comm here = MPI_COMM_NULL;
    check(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &here),
          "count the processes of a machine");
    MPI_Comm_size(here, &neighbours_);
    MPI_Comm_free(&here);
  }
  ~MpiRanks() override {
    if (!abandoned_) MPI_Finalize();
  }

  int rank() const noexcept override { return rank_; }
  int size() const noexcept override { return size_; }
  int neighbours() const noexcept override { return neighbours_; }
  void sum(std::span<double> values) override { sum_of(values, MPI_DOUBLE); }
  void sum(std::span<float> values) override { sum_of(values, MPI_FLOAT); }

  std::vector<std::byte> join(std::span<const std::byte> mine) override {
    const auto ranks = static_cast<std::size_t>(size_);
    if (mine.size() > kMost) throw std::length_error("MPI: too much to join");
    const int own = static_cast<int>(mine.size());
    std::vector<int> counts(ranks), places(ranks);
    check(MPI_Allgather(&own, 1, MPI_INT, counts.data(), 1, MPI_INT, MPI_COMM_WORLD), "join");
    std::exclusive_scan(counts.begin(), counts.end(), places.begin(), 0);
    std::vector<std::byte> all(static_cast<std::size_t>(places.back() + counts.back()));
    check(MPI_Allgatherv(mine.data(), own, MPI_BYTE, all.data(), counts.data(), places.data(),
                         MPI_BYTE, MPI_COMM_WORLD),
          "join");
    return all;
  }

  void wait() override { check(MPI_Barrier(MPI_COMM_WORLD), "wait"); }
  void abandon() noexcept override { abandoned_ = true; }
  [[noreturn]] void abort(int code) noexcept override {
    MPI_Abort(MPI_COMM_WORLD, code);
    std::_Exit(code);
  }

 private:
  /// Yields while it waits: the other ranks of a machine may need this processor to get here.
  template <typename T>
  void sum_of(std::span<T> values, MPI_Datatype type) {
    while (!values.empty()) {
      const std::span<T> part = values.first(std::min(values.size(), kMost));
      MPI_Request request = MPI_REQUEST_NULL;
      check(MPI_Iallreduce(MPI_IN_PLACE, part.data(), static_cast<int>(part.size()), type, MPI_SUM,
                           MPI_COMM_WORLD, &request),
            "sum");
      for (int done = 0; done == 0;) {
        if (abandoned_) throw std::runtime_error("MPI: this process has given up");
        check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "sum");
        if (done == 0) std::this_thread::yield();
      }
      values = values.subspan(part.size());
    }
  }

  int rank_ = 0, size_ = 1, neighbours_ = 1;
  std::atomic<bool> abandoned_ = false;
};

}  // namespace
}  // namespace unroll

extern "C" __attribute__((visibility("default"))) unroll::LaunchedRanks* unroll_join_ranks() {
  return new unroll::MpiRanks();
}

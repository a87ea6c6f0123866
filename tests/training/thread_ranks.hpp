#pragma once
// Ranks that are threads of one process.

#include <algorithm>
#include <barrier>
#include <mutex>
#include <stdexcept>
#include <vector>

#include <unroll/training/ranks.hpp>

namespace unroll::test {

/// What the ranks share.
struct Meeting {
  explicit Meeting(int ranks) : size(ranks), doors(ranks), given(static_cast<std::size_t>(ranks)) {}
  int size;
  std::barrier<> doors;
  std::vector<std::vector<std::byte>> given;  ///< by rank
};

class ThreadRank final : public Ranks {
 public:
  ThreadRank(Meeting& meeting, int rank) : meeting_(meeting), rank_(rank) {}

  int rank() const noexcept override { return rank_; }
  int size() const noexcept override { return meeting_.size; }
  int neighbours() const noexcept override { return meeting_.size; }
  void sum(std::span<double> values) override { sum_of(values); }
  void sum(std::span<float> values) override {
    ++float_sums;
    sum_of(values);
  }
  std::vector<std::byte> join(std::span<const std::byte> mine) override {
    meeting_.given[static_cast<std::size_t>(rank_)].assign(mine.begin(), mine.end());
    meeting_.doors.arrive_and_wait();
    std::vector<std::byte> all;
    for (const auto& part : meeting_.given) all.insert(all.end(), part.begin(), part.end());
    meeting_.doors.arrive_and_wait();
    return all;
  }
  void wait() override { meeting_.doors.arrive_and_wait(); }
  void abandon() noexcept override {}

  int float_sums = 0;

 private:
  template <typename T>
  void sum_of(std::span<T> values) {
    const std::vector<std::byte> all = join(std::as_bytes(values));
    std::fill(values.begin(), values.end(), T{0});
    const auto* from = reinterpret_cast<const T*>(all.data());
    for (std::size_t r = 0; r < static_cast<std::size_t>(meeting_.size); ++r)
      for (std::size_t i = 0; i < values.size(); ++i) values[i] += from[r * values.size() + i];
  }

  Meeting& meeting_;
  int rank_;
};

}  // namespace unroll::test

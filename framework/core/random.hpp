// Random streams: named, independent, small enough to save in a run file.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace unroll {

/// xoshiro256++ (Blackman and Vigna 2019, "Scrambled linear pseudorandom number generators").
///
/// Results are the same on every machine: no std:: distribution is used. A stream is a value;
/// copying it copies its future. Not thread safe: give each thread or purpose its own stream.
class RandomStream {
 public:
  using State = std::array<std::uint64_t, 4>;

  /// The stream of this seed and this name ("dropout", "shuffle", …). Streams of different names
  /// are independent, so that adding a consumer never changes what the others draw.
  RandomStream(std::uint64_t seed, std::string_view name);
  explicit RandomStream(const State& state) : state_(state) {}

  std::uint64_t next();
  /// Uniform in [0, 1), with 53 random bits.
  double uniform();
  /// Uniform in [low, high).
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Standard normal (Box-Muller, both halves drawn each time, so no hidden state).
  double normal();
  /// Uniform in 0 … bound-1 without bias (Lemire 2019). bound > 0.
  std::uint64_t below(std::uint64_t bound);

  const State& state() const noexcept { return state_; }

 private:
  State state_;
};

}  // namespace unroll

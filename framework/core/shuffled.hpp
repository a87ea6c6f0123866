// Shuffled: numbers in a random order that is computed, not kept.
#pragma once

#include <array>
#include <cstdint>

#include <unroll/core/random.hpp>

namespace unroll {

/// A permutation of 0 … count-1 in constant memory: four rounds of a Feistel network over the
/// smallest even number of bits that holds them, walked on until it is within (Black and Rogaway
/// 2002, "Ciphers with arbitrary finite domains").
class Shuffled {
 public:
  /// The keys are drawn from `random`.
  Shuffled(std::uint64_t count, RandomStream& random) : count_(count) {
    while (bits_ < 32 && (std::uint64_t{1} << 2 * bits_) < count) ++bits_;
    for (std::uint64_t& key : keys_) key = random.below(std::uint64_t{1} << 62);
  }

  std::uint64_t operator[](std::uint64_t index) const noexcept {
    do index = encrypt(index);
    while (index >= count_);
    return index;
  }

 private:
  std::uint64_t encrypt(std::uint64_t block) const noexcept {
    const std::uint64_t mask = (std::uint64_t{1} << bits_) - 1;
    std::uint64_t left = block >> bits_, right = block & mask;
    for (const std::uint64_t key : keys_) {
      const std::uint64_t next = left ^ (mixed(right ^ key) & mask);
      left = right;
      right = next;
    }
    return left << bits_ | right;
  }
  /// The finaliser of SplitMix64.
  static std::uint64_t mixed(std::uint64_t x) noexcept {
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
  }

  std::uint64_t count_;
  int bits_ = 1;  ///< of each half
  std::array<std::uint64_t, 4> keys_{};
};

}  // namespace unroll

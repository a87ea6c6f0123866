// What the machine does at best is found on any machine, with any number of threads and bytes.
#include <gtest/gtest.h>

#include <cmath>

#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/peaks.hpp>

namespace unroll {
namespace {

TEST(Peaks, AreFiniteAndPositive) {
  Engine::get().set_threads(3);
  const ProductPeak product = product_peak_f32();
  EXPECT_GT(product.gflop_per_s, 0);
  EXPECT_GE(product.size, 512);
  EXPECT_GE(product_peak_bf16().gflop_per_s, 0);
  const TriadSpeed triad = triad_speed();
  EXPECT_GT(triad.gb_per_s, 0);
  EXPECT_GT(triad.one_thread_gb_per_s, 0);
  EXPECT_GT(triad.array_bytes, 0);
}

TEST(Peaks, ReadsAnyNumberOfBytes) {
  for (const int threads : {1, 5}) {
    Engine::get().set_threads(threads);
    for (const std::int64_t bytes : {1, 4096, 1 << 20, (1 << 20) + 8}) {
      const double speed = reading_speed(bytes);
      EXPECT_GT(speed, 0) << bytes;
      EXPECT_TRUE(std::isfinite(speed)) << bytes;
    }
  }
}

}  // namespace
}  // namespace unroll

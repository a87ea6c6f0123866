// What this machine does at best with the engine's threads, measured when asked: yardsticks for
// how well a program uses it. Each call takes some tenths of a second; other work on the machine
// spoils what it finds. Rates are decimal: 10^9 operations or bytes a second.
#pragma once

#include <cstdint>

namespace unroll {

/// The fastest of a few square matrix products.
struct ProductPeak {
  double gflop_per_s = 0;  ///< multiplications and additions
  std::int64_t size = 0;   ///< its rows and columns
};
ProductPeak product_peak_f32();
/// The same of operands in bfloat16, the result in float32; 0 where oneDNN has none for this
/// processor.
ProductPeak product_peak_bf16();

/// STREAM's triad, a[i] = b[i] + s c[i], over arrays of doubles that are too large for any cache;
/// 24 bytes a place count. (J. McCalpin, Memory bandwidth and machine balance, 1995.)
struct TriadSpeed {
  double gb_per_s = 0, one_thread_gb_per_s = 0;
  std::int64_t array_bytes = 0;
};
TriadSpeed triad_speed();

/// Reading so many bytes over and over, each thread its own part: from a cache if one holds them.
/// In 10^9 bytes a second.
double reading_speed(std::int64_t bytes);

}  // namespace unroll

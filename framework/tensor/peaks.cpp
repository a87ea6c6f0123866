// Triad and reading are compiled once for each instruction set, since from a cache narrow loads
// are slower than the memory.
#include <unroll/tensor/peaks.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/tensor/peaks.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <unroll/tensor/best_seconds.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/parallel.hpp>

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Places begin … end-1; the arrays are padded to whole vectors.
void Triad(std::size_t begin, std::size_t end, const double* b, const double* c, double* a) {
  const hn::ScalableTag<double> d;
  const auto s = hn::Set(d, 0.5);
  for (std::size_t i = begin; i < end; i += hn::Lanes(d))
    hn::StoreU(hn::MulAdd(s, hn::LoadU(d, c + i), hn::LoadU(d, b + i)), d, a + i);
}

// Something that depends on every byte of x, which lies in memory by whole groups of vectors.
double Read(std::size_t n, const double* x) {
  const hn::ScalableTag<double> d;
  const std::size_t lanes = hn::Lanes(d);
  auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
  for (std::size_t i = 0; i < n; i += 4 * lanes) {
    s0 = hn::Add(s0, hn::LoadU(d, x + i));
    s1 = hn::Add(s1, hn::LoadU(d, x + i + lanes));
    s2 = hn::Add(s2, hn::LoadU(d, x + i + 2 * lanes));
    s3 = hn::Add(s3, hn::LoadU(d, x + i + 3 * lanes));
  }
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
}

}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll {
namespace {

HWY_EXPORT(Triad);
HWY_EXPORT(Read);

constexpr std::size_t kGroup = 256;     ///< doubles, a multiple of four vectors of any target
constexpr double kLeastSeconds = 2e-3;  ///< of a measurement: far above what the clock resolves

std::size_t rounded_up(std::size_t count) {
  return (count + kGroup - 1) / kGroup * kGroup;
}

/// Elements of one of three arrays, each twice as large as the last cache, if there is memory.
std::size_t beyond_caches() {
  constexpr long kLeast = 64L << 20, kMost = 256L << 20;
  const long cache = std::max(0L, sysconf(_SC_LEVEL3_CACHE_SIZE));
  const long available = sysconf(_SC_AVPHYS_PAGES) * sysconf(_SC_PAGESIZE);
  const long bytes = std::min(std::clamp(2 * cache, kLeast, kMost), std::max(available / 8, 4096L));
  return rounded_up(static_cast<std::size_t>(bytes) / sizeof(double));
}

/// The part of `count`, in whole groups, of one of `threads`.
std::pair<std::size_t, std::size_t> part(std::size_t count, std::int64_t thread, std::int64_t all) {
  const std::size_t groups = count / kGroup;
  const auto at = [&](std::int64_t i) {
    return groups * static_cast<std::size_t>(i) / static_cast<std::size_t>(all) * kGroup;
  };
  return {at(thread), at(thread + 1)};
}

}  // namespace

TriadSpeed triad_speed() {
  const std::int64_t threads = Engine::get().threads();
  const std::size_t count = beyond_caches();
  std::array<std::unique_ptr<double[]>, 3> arrays;
  for (auto& array : arrays) array = std::make_unique_for_overwrite<double[]>(count);
  double* const a = arrays[0].get();
  const double *const b = arrays[1].get(), *const c = arrays[2].get();
  const auto triad = HWY_DYNAMIC_DISPATCH(Triad);
  parallel_for(threads, [&](std::int64_t thread) {  // each thread's pages near it
    const auto [begin, end] = part(count, thread, threads);
    for (auto& array : arrays) std::fill(array.get() + begin, array.get() + end, 1.0);
  });
  const double all = best_seconds([&] {
    parallel_for(threads, [&](std::int64_t thread) {
      const auto [begin, end] = part(count, thread, threads);
      triad(begin, end, b, c, a);
    });
  });
  const double one = threads == 1 ? all : best_seconds([&] { triad(0, count, b, c, a); });
  const double gigabytes = 1e-9 * 3 * sizeof(double) * static_cast<double>(count);
  return {gigabytes / all, gigabytes / one, static_cast<std::int64_t>(count * sizeof(double))};
}

double reading_speed(std::int64_t bytes) {
  const std::int64_t threads = Engine::get().threads();
  const auto least = static_cast<std::size_t>(threads) * kGroup;
  const std::size_t count =
      std::max(rounded_up(static_cast<std::size_t>(bytes) / sizeof(double)), least);
  const auto read = HWY_DYNAMIC_DISPATCH(Read);
  std::vector<std::vector<double>> parts(static_cast<std::size_t>(threads));
  std::vector<double> sums(parts.size());
  const auto pass = [&](std::int64_t times) {
    parallel_for(threads, [&](std::int64_t thread) {
      const auto at = static_cast<std::size_t>(thread);
      for (std::int64_t i = 0; i < times; ++i) sums[at] += read(parts[at].size(), parts[at].data());
    });
  };
  parallel_for(threads, [&](std::int64_t thread) {
    const auto [begin, end] = part(count, thread, threads);
    parts[static_cast<std::size_t>(thread)].assign(end - begin, 1.0);
  });
  const double once = best_seconds([&] { pass(1); });
  const auto times = static_cast<std::int64_t>(kLeastSeconds / once) + 1;
  const double seconds = best_seconds([&] { pass(times); }) / static_cast<double>(times);
  return 1e-9 * sizeof(double) * static_cast<double>(count) / seconds;
}

}  // namespace unroll
#endif

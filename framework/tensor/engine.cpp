#include <unroll/tensor/engine.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <hwy/highway.h>
#include <omp.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <stdexcept>

#include <unroll/tensor/onednn.hpp>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace unroll {

void flush_denormals() noexcept {
#if defined(__x86_64__)
  // Bit 15 flushes results to zero, bit 6 reads denormal operands as zero.
  constexpr unsigned kFlush = 0x8040;
  thread_local const bool done = [] {
    _mm_setcsr(_mm_getcsr() | kFlush);
    return true;
  }();
  static_cast<void>(done);
#elif defined(__aarch64__)
  constexpr std::uint64_t kFlush = 1 << 24;  // FPCR.FZ, operands and results
  thread_local const bool done = [] {
    std::uint64_t control = 0;
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    __asm__ volatile("msr fpcr, %0" : : "r"(control | kFlush));
    return true;
  }();
  static_cast<void>(done);
#endif
}

Engine& Engine::get() {
  static Engine* const engine = new Engine;
  return *engine;
}

Engine::Engine() : primitives_(std::make_unique<Primitives>()) {
  set_threads(std::clamp(omp_get_max_threads(), 1, 1024));
  // Chosen once: a kernel's pointer fetched before the choice would ask the processor, which takes
  // 28 us in a virtual machine, at every call made through it.
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

Engine::~Engine() = default;

void Engine::set_threads(int count) {
  if (count < 1 || count > 1024) {
    throw std::invalid_argument(fmt::format("threads must be 1 … 1024, not {}", count));
  }
  threads_ = count;
  omp_set_dynamic(0);
  omp_set_num_threads(count);
  // The whole team flushes denormals from now on, also inside oneDNN, which shares it. This thread
  // does so before: LLVM's OpenMP undoes at a region's end what its first thread set within.
  flush_denormals();
#pragma omp parallel num_threads(count)
  flush_denormals();
}

std::string Engine::library_version() const {
  const dnnl_version_t* version = dnnl_version();
  return fmt::format("oneDNN {}.{}.{}", version->major, version->minor, version->patch);
}

std::string Engine::processor() const {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with("model name")) {
      const std::size_t colon = line.find(": ");
      if (colon != std::string::npos) return line.substr(colon + 2) + ", " + vector_target();
    }
  }
  return "unknown processor, " + vector_target();
}

namespace {

// Targets that kernels are compiled for and the processor has; the best has the lowest bit.
std::int64_t usable_targets() {
  return hwy::SupportedTargets() & HWY_TARGETS;
}

}  // namespace

std::string Engine::vector_target() const {
  const std::int64_t targets = usable_targets();
  return hwy::TargetName(targets & -targets);
}

std::vector<std::string> Engine::vector_targets() const {
  std::vector<std::string> names;
  for (std::int64_t rest = usable_targets(); rest != 0; rest &= rest - 1) {
    names.emplace_back(hwy::TargetName(rest & -rest));
  }
  return names;
}

void Engine::use_vector_target(std::string_view name) {
  hwy::DisableTargets(0);
  const std::int64_t all = usable_targets();
  std::int64_t chosen = all;
  if (!name.empty()) {
    chosen = 0;
    for (std::int64_t rest = all; rest != 0; rest &= rest - 1) {
      if (name == hwy::TargetName(rest & -rest)) chosen = rest & -rest;
    }
    if (chosen == 0) {
      throw std::invalid_argument(fmt::format("no instruction set '{}' here (there is: {})", name,
                                              fmt::join(vector_targets(), ", ")));
    }
    hwy::DisableTargets(~chosen);
  }
  hwy::GetChosenTarget().Update(chosen);
}

}  // namespace unroll

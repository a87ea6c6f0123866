#include <unroll/tensor/crew.hpp>

#include <unroll/tensor/engine.hpp>

namespace unroll {
namespace {

/// How often a helper looks for work before it sleeps, some 20 us.
constexpr int kLooks = 1000;
/// How often somebody looks before giving the processor to others.
constexpr int kLooksBetweenYields = 100;

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

// A job's number goes through `state` as offered (2 n) and taken (2 n + 1), by whoever takes it,
// and then, if that was the helper, into `done`. The end is a job that is offered alone.
struct alignas(64) Crew::Helper {
  std::atomic<std::uint64_t> state{0}, done{0};
  std::atomic<bool> over{false};
  std::thread thread;

  bool take(std::uint64_t job) {
    std::uint64_t offered = 2 * job;
    return state.compare_exchange_strong(offered, offered + 1, std::memory_order_acq_rel);
  }
};

Crew::Crew(int helpers) {
  for (int i = 0; i < helpers; ++i) {
    Helper& helper = *helpers_.emplace_back(std::make_unique<Helper>());
    helper.thread = std::thread([this, &helper, part = i + 1] { help(helper, part); });
  }
}

Crew::~Crew() {
  ++jobs_;
  for (const auto& helper : helpers_) {
    helper->over.store(true, std::memory_order_relaxed);
    helper->state.store(2 * jobs_, std::memory_order_release);
    helper->state.notify_one();
  }
  for (const auto& helper : helpers_) helper->thread.join();
}

void Crew::help(Helper& helper, int part) const {
  flush_denormals();
  std::uint64_t known = 0;  // a state in which there is nothing to do
  for (;;) {
    std::uint64_t state = helper.state.load(std::memory_order_acquire);
    for (int looks = 0; state == known && looks < kLooks; ++looks) {
      pause();
      state = helper.state.load(std::memory_order_acquire);
    }
    if (state == known) {
      helper.state.wait(known, std::memory_order_acquire);
      continue;
    }
    known = state;
    if (helper.over.load(std::memory_order_relaxed)) return;
    const std::uint64_t job = state / 2;
    if (state % 2 != 0 || !helper.take(job)) continue;
    part_(context_, part);
    known = 2 * job + 1;
    helper.done.store(job, std::memory_order_release);
  }
}

void Crew::run_parts(int parts) {
  ++jobs_;
  for (int i = 0; i + 1 < parts; ++i) {
    Helper& helper = *helpers_[static_cast<std::size_t>(i)];
    helper.state.store(2 * jobs_, std::memory_order_release);
    helper.state.notify_one();
  }
  part_(context_, 0);
  for (int i = 0; i + 1 < parts; ++i) {
    Helper& helper = *helpers_[static_cast<std::size_t>(i)];
    if (helper.take(jobs_)) {
      part_(context_, i + 1);
      continue;
    }
    for (int looks = 1; helper.done.load(std::memory_order_acquire) != jobs_; ++looks) {
      pause();
      if (looks % kLooksBetweenYields == 0) std::this_thread::yield();
    }
  }
}

}  // namespace unroll

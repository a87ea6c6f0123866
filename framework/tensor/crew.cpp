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

bool Crew::Helper::take(std::uint64_t job) {
  std::uint64_t offered = 2 * job;
  return state.compare_exchange_strong(offered, offered + 1, std::memory_order_acq_rel);
}

void Crew::Helper::work(int part) {
  flush_denormals();
  std::uint64_t known = 0;  // a state in which there is nothing to do
  for (;;) {
    std::uint64_t now = state.load(std::memory_order_acquire);
    for (int looks = 0; now == known && looks < kLooks; ++looks) {
      pause();
      now = state.load(std::memory_order_acquire);
    }
    if (now == known) {
      asleep.store(true, std::memory_order_relaxed);
      state.wait(known, std::memory_order_acquire);
      asleep.store(false, std::memory_order_relaxed);
      continue;
    }
    known = now;
    const std::uint64_t job = now / 2;
    if (now % 2 != 0 || !take(job)) continue;
    if (call == nullptr) return;
    call(function.data(), part);
    known = 2 * job + 1;
    done.store(job, std::memory_order_release);
  }
}

Crew::Crew(int helpers) {
  for (int i = 0; i < helpers; ++i) {
    Helper& helper = *helpers_.emplace_back(std::make_unique<Helper>());
    helper.thread = std::thread([&helper, part = i + 1] { helper.work(part); });
  }
}

Crew::~Crew() {
  finish();
  ++jobs_;
  for (const auto& helper : helpers_) {
    helper->call = nullptr;
    offer(*helper);
    helper->state.notify_one();  // overlooked or not
  }
  for (const auto& helper : helpers_) helper->thread.join();
}

void Crew::finish() {
  for (int i = 0; i < offered_; ++i) {
    Helper& helper = *helpers_[static_cast<std::size_t>(i)];
    if (!helped(helper)) helper.call(helper.function.data(), i + 1);
  }
  offered_ = 0;
}

void Crew::offer(Helper& helper) const {
  helper.state.store(2 * jobs_, std::memory_order_release);
  // A helper that falls asleep right now may be overlooked, and sleeps until the next job: to be
  // sure of it would take as long as a hundred multiplications, each time.
  if (helper.asleep.load(std::memory_order_relaxed)) helper.state.notify_one();
}

bool Crew::helped(Helper& helper) const {
  // Looks first: taking would call the line back from a helper that has it.
  if (helper.state.load(std::memory_order_acquire) == 2 * jobs_ && helper.take(jobs_)) return false;
  for (int looks = 1; helper.done.load(std::memory_order_acquire) != jobs_; ++looks) {
    pause();
    if (looks % kLooksBetweenYields == 0) std::this_thread::yield();
  }
  return true;
}

}  // namespace unroll

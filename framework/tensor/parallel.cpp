#include <unroll/tensor/parallel.hpp>

#include <omp.h>

#include <algorithm>

#include <unroll/tensor/engine.hpp>

#if defined(__SANITIZE_THREAD__)
#define UNROLL_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNROLL_THREAD_SANITIZER 1
#endif
#endif

// The OpenMP run time is not instrumented: without being told, the thread sanitizer does not see
// that forking and joining order memory. The function holding the parallel region is left out of
// instrumentation, as the compiler passes the region's variables through memory of its own.
#ifdef UNROLL_THREAD_SANITIZER
extern "C" void __tsan_acquire(void* address);
extern "C" void __tsan_release(void* address);
#define UNROLL_UNINSTRUMENTED __attribute__((no_sanitize("thread"), noinline))
#else
#define UNROLL_UNINSTRUMENTED
#endif

namespace unroll::detail {
namespace {

inline void happens_before([[maybe_unused]] void* address) {
#ifdef UNROLL_THREAD_SANITIZER
  __tsan_release(address);
#endif
}
inline void happens_after([[maybe_unused]] void* address) {
#ifdef UNROLL_THREAD_SANITIZER
  __tsan_acquire(address);
#endif
}

struct Job {
  std::int64_t tasks;
  void (*task)(void*, std::int64_t);
  void* context;
};

void run_share(const Job& job, std::int64_t member, std::int64_t members) {
  const std::int64_t begin = job.tasks * member / members;
  const std::int64_t end = job.tasks * (member + 1) / members;
  for (std::int64_t index = begin; index < end; ++index) job.task(job.context, index);
}

// Two places stand for the fork and the join: with one, a thread that begins late would seem to
// wait for those that have ended, and the sanitizer would miss their races.
UNROLL_UNINSTRUMENTED void fork_and_join(Job* job, int threads) {
  char join = 0;
  happens_before(job);
#pragma omp parallel num_threads(threads)
  {
    happens_after(job);
    flush_denormals();
    run_share(*job, omp_get_thread_num(), omp_get_num_threads());
    happens_before(&join);
  }
  happens_after(&join);
}

}  // namespace

void run_parallel(std::int64_t tasks, void (*task)(void*, std::int64_t), void* context) {
  Job job{tasks, task, context};
  const auto threads = static_cast<int>(std::min<std::int64_t>(tasks, Engine::get().threads()));
  if (threads <= 1 || omp_in_parallel() != 0) {
    run_share(job, 0, 1);
  } else {
    // Always the whole team: a smaller one would make the OpenMP run time rebuild its threads.
    fork_and_join(&job, Engine::get().threads());
  }
}

}  // namespace unroll::detail

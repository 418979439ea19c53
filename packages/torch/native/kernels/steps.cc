#include "steps.h"

#include <ATen/Parallel.h>
#include <omp.h>

#include <algorithm>
#include <atomic>

namespace trainer {

namespace {

/** Threads that wait here for each other spin first: a step takes less time than to be woken. */
class Barrier {
 public:
  void wait(int threads) {
    constexpr int kSpins = 2000;
    const int round = round_.load(std::memory_order_relaxed);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) == threads - 1) {
      arrived_.store(0, std::memory_order_relaxed);
      round_.store(round + 1, std::memory_order_release);
      round_.notify_all();
      return;
    }
    for (int spins = 0; spins < kSpins; ++spins) {
      if (round_.load(std::memory_order_acquire) != round) return;
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
    round_.wait(round, std::memory_order_acquire);  // the other thread may need this core
  }

 private:
  alignas(64) std::atomic<int> arrived_{0};
  alignas(64) std::atomic<int> round_{0};
};

}  // namespace

void inSteps(int64_t steps, int64_t items, const Step& step) {
  const int wanted = at::in_parallel_region() ? 1 : static_cast<int>(std::min<int64_t>(at::get_num_threads(), items));
  Barrier barrier;
#pragma omp parallel num_threads(wanted) if (wanted > 1)
  {
    const int threads = omp_get_num_threads();  // fewer than wanted where the run-time has no more
    const int me = omp_get_thread_num();
    const int64_t begin = items * me / threads, end = items * (me + 1) / threads;
    for (int64_t t = 0; t < steps; ++t) {
      step(t, begin, end, me);
      barrier.wait(threads);
    }
  }
}

}  // namespace trainer

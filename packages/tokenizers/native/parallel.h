#pragma once

#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace tok {

/** Runs work(worker) on up to `threads` threads, this one among them, and rethrows the first thing any of them threw.
 */
template <typename Work>
void inParallel(unsigned threads, Work&& work) {
  std::mutex mutex;
  std::exception_ptr failure;
  const auto guarded = [&](unsigned worker) {
    try {
      work(worker);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  std::vector<std::thread> others;
  others.reserve(threads);
  for (unsigned worker = 1; worker < threads; worker++) {
    try {
      others.emplace_back(guarded, worker);
    } catch (const std::exception&) {
      break;  // no more threads, or no memory for them, to be had: those there are do the work
    }
  }
  guarded(0);
  for (std::thread& other : others) other.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace tok

#pragma once

#include <exception>
#include <mutex>
#include <system_error>
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
  for (unsigned worker = 1; worker < threads; worker++) {
    try {
      others.emplace_back(guarded, worker);
    } catch (const std::system_error&) {
      break;  // no more threads to be had: those there are do the work
    }
  }
  guarded(0);
  for (std::thread& other : others) other.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace tok

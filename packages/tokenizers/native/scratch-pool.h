#pragma once

#include <memory>
#include <mutex>
#include <vector>

namespace tok {

/** Working memory of threads, kept from call to call so that caches stay warm. */
template <typename Scratch>
class ScratchPool {
 public:
  /** One for as long as a thread works. */
  class Lease {
   public:
    explicit Lease(ScratchPool& pool) : pool_(pool) {
      const std::lock_guard lock(pool_.mutex_);
      if (!pool_.idle_.empty()) {
        scratch_ = std::move(pool_.idle_.back());
        pool_.idle_.pop_back();
      }
      if (!scratch_) scratch_ = std::make_unique<Scratch>();
    }
    ~Lease() {
      const std::lock_guard lock(pool_.mutex_);
      pool_.idle_.push_back(std::move(scratch_));
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Scratch& operator*() { return *scratch_; }

   private:
    ScratchPool& pool_;
    std::unique_ptr<Scratch> scratch_;
  };

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Scratch>> idle_;
};

}  // namespace tok

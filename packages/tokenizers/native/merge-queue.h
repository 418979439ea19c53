#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <vector>

#include "pair-table.h"
#include "positions.h"

namespace tok {

/** A pair that may be merged, its count when it was queued, and the words it was then new in. */
struct Candidate {
  int64_t count;
  Pair pair;
  Positions positions;

  /** More frequent first, then the smaller ids. */
  bool before(const Candidate& other) const { return count != other.count ? count > other.count : pair < other.pair; }
};

/**
 * Candidates in order. Most pairs are too rare ever to be looked at, so only those above a falling threshold are kept
 * as a heap, which then fits the cache; the rest stay unsorted until the heap runs dry.
 */
class MergeQueue {
 public:
  void push(Candidate candidate) {
    if (candidate.count < threshold_) {
      rest_.push_back(std::move(candidate));
    } else {
      heap_.push_back(std::move(candidate));
      std::push_heap(heap_.begin(), heap_.end(), after);
    }
  }

  /** Takes the first one; false when there is none. */
  bool pop(Candidate& top) {
    if (heap_.empty() && !refill()) return false;
    std::pop_heap(heap_.begin(), heap_.end(), after);
    top = std::move(heap_.back());
    heap_.pop_back();
    return true;
  }

 private:
  static bool after(const Candidate& a, const Candidate& b) { return b.before(a); }

  bool refill() {
    if (rest_.empty()) return false;
    constexpr size_t kHeapSize = 4096;
    if (rest_.size() <= kHeapSize) {
      threshold_ = 0;
    } else {
      // The count of the kHeapSize-th best: everything that frequent or more goes to the heap.
      const auto nth = rest_.begin() + kHeapSize;
      std::nth_element(rest_.begin(), nth, rest_.end(), [](auto& a, auto& b) { return a.count > b.count; });
      threshold_ = nth->count;
    }
    const auto low = std::partition(rest_.begin(), rest_.end(), [&](auto& c) { return c.count < threshold_; });
    heap_.assign(std::make_move_iterator(low), std::make_move_iterator(rest_.end()));
    rest_.erase(low, rest_.end());
    std::make_heap(heap_.begin(), heap_.end(), after);
    return true;
  }

  int64_t threshold_ = INT64_MAX;
  std::vector<Candidate> heap_, rest_;
};

}  // namespace tok

#pragma once

#include <cstdint>
#include <vector>

namespace tok {

using Pair = uint64_t;

constexpr Pair pairOf(uint32_t left, uint32_t right) { return static_cast<Pair>(left) << 32 | right; }
constexpr uint32_t leftOf(Pair pair) { return static_cast<uint32_t>(pair >> 32); }
constexpr uint32_t rightOf(Pair pair) { return static_cast<uint32_t>(pair); }

inline uint64_t hashOf(Pair pair) {
  pair *= 0x9e3779b97f4a7c15ull;
  return pair ^ pair >> 32;
}

/** A map from pairs to values: open addressing, linear probing, at most three quarters full. */
template <typename Value>
class PairTable {
 public:
  explicit PairTable(size_t expected = 0) {
    size_t capacity = 16;
    while (capacity < expected * 2) capacity *= 2;
    slots_.resize(capacity);
  }

  const Value* find(Pair pair) const {
    const size_t mask = slots_.size() - 1;
    for (size_t i = hashOf(pair) & mask;; i = (i + 1) & mask) {
      if (slots_[i].pair == pair) return &slots_[i].value;
      if (slots_[i].pair == kNone) return nullptr;
    }
  }

  Value& operator[](Pair pair) {
    if ((size_ + 1) * 4 > slots_.size() * 3) grow();
    const size_t mask = slots_.size() - 1;
    for (size_t i = hashOf(pair) & mask;; i = (i + 1) & mask) {
      if (slots_[i].pair == pair) return slots_[i].value;
      if (slots_[i].pair == kNone) {
        slots_[i].pair = pair;
        size_++;
        return slots_[i].value;
      }
    }
  }

  void prefetch(Pair pair) const { __builtin_prefetch(&slots_[hashOf(pair) & (slots_.size() - 1)]); }

 private:
  static constexpr Pair kNone = ~0ull;
  struct Slot {
    Pair pair = kNone;
    Value value{};
  };

  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    const size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.pair == kNone) continue;
      size_t i = hashOf(slot.pair) & mask;
      while (slots_[i].pair != kNone) i = (i + 1) & mask;
      slots_[i] = slot;
    }
  }

  std::vector<Slot> slots_;
  size_t size_ = 0;
};

}  // namespace tok

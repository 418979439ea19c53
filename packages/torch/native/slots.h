#pragma once
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

namespace trainer {

/**
 * Objects that JavaScript refers to by number. A handle packs the slot's index with the slot's generation into one safe
 * integer, so that a made-up or stale number is distinguished from a live one and never followed.
 */
template <typename T>
class Slots {
 public:
  int64_t insert(T value, uint32_t scope) {
    uint32_t index;
    if (free_.empty()) {
      if (slots_.size() >= kMaxSlots) return 0;
      index = static_cast<uint32_t>(slots_.size());
      slots_.emplace_back();
    } else {
      index = free_.back();
      free_.pop_back();
    }
    Slot& slot = slots_[index];
    slot.value = std::move(value);
    slot.scope = scope;
    slot.live = true;
    ++live_;
    return static_cast<int64_t>(slot.generation) << kIndexBits | index;
  }

  /** nullptr where the handle is stale or was never one. */
  T* find(int64_t handle) {
    Slot* slot = at(handle);
    return slot ? &slot->value : nullptr;
  }

  /** The scope that frees it; 0: none. */
  uint32_t scope(int64_t handle) {
    Slot* slot = at(handle);
    return slot ? slot->scope : 0;
  }

  void setScope(int64_t handle, uint32_t scope) {
    if (Slot* slot = at(handle)) slot->scope = scope;
  }

  bool erase(int64_t handle) {
    Slot* slot = at(handle);
    if (!slot) return false;
    slot->live = false;
    --live_;
    unreported_ -= std::exchange(slot->bytes, 0);
    // A slot whose generations are used up is retired, so no handle is ever valid twice.
    if (++slot->generation < kGenerations) free_.push_back(static_cast<uint32_t>(handle & kIndexMask));
    T gone = std::move(slot->value);  // destroyed last: it may take long, and nothing here is half-done then
    slot->value = T();
    return true;
  }

  size_t live() const { return live_; }

  /** Bytes reported to V8 for a value that the garbage collector frees. */
  void report(int64_t handle, int64_t bytes) {
    if (Slot* slot = at(handle)) {
      unreported_ += bytes - slot->bytes;
      slot->bytes = bytes;
    }
  }
  int64_t takeUnreported(int64_t atLeast) {
    if (std::abs(unreported_) < atLeast) return 0;
    return std::exchange(unreported_, 0);
  }

 private:
  static constexpr int kIndexBits = 24;
  static constexpr int64_t kIndexMask = (int64_t{1} << kIndexBits) - 1;
  static constexpr size_t kMaxSlots = size_t{1} << kIndexBits;
  static constexpr uint32_t kGenerations = uint32_t{1} << 29;

  struct Slot {
    T value;
    int64_t bytes = 0;
    uint32_t generation = 1;
    uint32_t scope = 0;
    bool live = false;
  };

  Slot* at(int64_t handle) {
    const auto index = static_cast<size_t>(handle & kIndexMask);
    if (handle <= 0 || index >= slots_.size()) return nullptr;
    Slot& slot = slots_[index];
    return slot.live && slot.generation == handle >> kIndexBits ? &slot : nullptr;
  }

  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  size_t live_ = 0;
  int64_t unreported_ = 0;
};
}  // namespace trainer

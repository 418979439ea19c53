#pragma once

#include <cstdint>
#include <vector>

#include "word-key.h"

namespace tok {

/** Words and how often each was seen: what training counts, and all that grows while it reads. */
class WordTable {
 public:
  WordTable() : shorts_(1 << 12), longs_(1 << 8) {}

  /** Adds to the count of the n > 0 bytes at p, of which 16 are readable where n is less. */
  void add(const uint8_t* p, size_t n, uint64_t count) {
    if (n <= kShortWord) {
      addShort(keyOf(p, n), count);
    } else {
      addLong(p, n, count);
    }
  }

  /** Takes every count of another table, which is empty afterwards. */
  void take(WordTable& other);

  size_t size() const { return shortCount_ + longCount_; }
  size_t totalBytes() const { return totalBytes_; }

  /** Calls visit(bytes, size, count) for each word. */
  template <typename Visit>
  void each(Visit&& visit) const {
    for (const Short& slot : shorts_) {
      if (!slot.key.empty()) visit(reinterpret_cast<const uint8_t*>(&slot.key), slot.key.size(), slot.count);
    }
    for (const Long& slot : longs_) {
      if (slot.count != 0) visit(arena_.data() + slot.offset, slot.size, slot.count);
    }
  }

 private:
  static constexpr size_t kLargeTable = 1 << 18;

  struct Short {
    WordKey key{};
    uint64_t count = 0;
  };
  struct Long {
    uint64_t hash = 0, offset = 0, size = 0, count = 0;
  };

  void addShort(const WordKey& key, uint64_t count) {
    const size_t mask = shorts_.size() - 1;
    for (size_t i = hashOf(key) & mask;; i = (i + 1) & mask) {
      Short& slot = shorts_[i];
      if (slot.key == key) {
        slot.count += count;
        return;
      }
      if (slot.key.empty()) {
        slot = {key, count};
        totalBytes_ += key.size();
        if (isCrowded(++shortCount_, shorts_.size())) growShorts(grown(shorts_.size()));
        return;
      }
    }
  }

  static bool isCrowded(size_t used, size_t slots) { return used * 4 > slots * 3; }
  /** Slots that are not crowded by so many words. */
  static size_t roomFor(size_t words, size_t slots) {
    while (isCrowded(words, slots)) slots *= 2;
    return slots;
  }
  /** Grows in big steps at first; a large table takes as little memory as it can. */
  static size_t grown(size_t slots) { return slots < kLargeTable ? slots * 4 : slots * 2; }

  void addLong(const uint8_t* p, size_t n, uint64_t count);
  void growShorts(size_t slots);
  void growLongs(size_t slots);

  std::vector<Short> shorts_;
  std::vector<Long> longs_;
  std::vector<uint8_t> arena_;
  size_t shortCount_ = 0, longCount_ = 0, totalBytes_ = 0;
};

}  // namespace tok

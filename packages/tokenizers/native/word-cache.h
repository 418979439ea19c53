#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "word-key.h"

namespace tok {

/**
 * The ids of short words met before: one cache line holds two of them, the one used last first, and a newcomer takes
 * the other's place, so the cache neither grows nor forgets what is frequent. One thread's at a time.
 */
class WordCache {
 public:
  static constexpr size_t kNarrow = 7;  // ids of 16 bits a word may have
  static constexpr size_t kWide = 3;    // ids of 32 bits

  struct alignas(32) Entry {
    WordKey key{};
    uint16_t count = 0;  // kWideFlag is set for ids of 32 bits
    uint16_t narrow[kNarrow] = {};

    uint32_t wide(size_t i) const {
      uint32_t id;
      memcpy(&id, &narrow[1 + 2 * i], 4);
      return id;
    }
  };
  static constexpr uint16_t kWideFlag = 0x8000;

  WordCache() : lines_(kLines) {}

  void prefetch(uint64_t hash) const { __builtin_prefetch(&lines_[hash & (kLines - 1)]); }

  const Entry* find(const WordKey& key, uint64_t hash) {
    Line& line = lines_[hash & (kLines - 1)];
    if (line.entries[0].key == key) return &line.entries[0];
    if (!(line.entries[1].key == key)) return nullptr;
    std::swap(line.entries[0], line.entries[1]);
    return &line.entries[0];
  }

  /** Keeps the ids if they fit. */
  void insert(const WordKey& key, uint64_t hash, const uint32_t* ids, size_t count) {
    Entry entry;
    entry.key = key;
    bool narrow = count <= kNarrow;
    for (size_t i = 0; i < count && narrow; i++) narrow = ids[i] <= 0xffff;
    if (!narrow && count > kWide) return;
    entry.count = narrow ? count : count | kWideFlag;
    for (size_t i = 0; i < count; i++) {
      if (narrow) {
        entry.narrow[i] = ids[i];
      } else {
        memcpy(&entry.narrow[1 + 2 * i], &ids[i], 4);
      }
    }
    Line& line = lines_[hash & (kLines - 1)];
    line.entries[1] = line.entries[0];
    line.entries[0] = entry;
  }

 private:
  static constexpr size_t kLines = 1 << 16;
  struct alignas(64) Line {
    Entry entries[2];
  };
  std::vector<Line> lines_;
};

}  // namespace tok

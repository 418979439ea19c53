#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "word-key.h"

namespace tok {

/** The ids of long words: rules, indents, addresses come again. One place for each hash, and the last one met has it.
 */
class LongWordCache {
 public:
  LongWordCache() : entries_(kEntries) {}

  const std::vector<uint32_t>* find(const uint8_t* p, size_t size) const {
    if (size > kLongest) return nullptr;
    const Entry& entry = entries_[hashOf(p, size) & (kEntries - 1)];
    return entry.bytes.size() == size && memcmp(entry.bytes.data(), p, size) == 0 ? &entry.ids : nullptr;
  }

  void insert(const uint8_t* p, size_t size, const std::vector<uint32_t>& ids) {
    if (size > kLongest) return;
    Entry& entry = entries_[hashOf(p, size) & (kEntries - 1)];
    entry.bytes.assign(reinterpret_cast<const char*>(p), size);
    entry.ids = ids;
  }

 private:
  static constexpr size_t kEntries = 4096, kLongest = 128;
  struct Entry {
    std::string bytes;
    std::vector<uint32_t> ids;
  };
  std::vector<Entry> entries_;
};

}  // namespace tok

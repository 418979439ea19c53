#include "word-table.h"

namespace tok {

void WordTable::add(const WordTable& other) {
  for (const Short& slot : other.shorts_) {
    if (!slot.key.empty()) addShort(slot.key, slot.count);
  }
  for (const Long& slot : other.longs_) {
    if (slot.count != 0) addLong(other.arena_.data() + slot.offset, slot.size, slot.count);
  }
}

void WordTable::addLong(const uint8_t* p, size_t n, uint64_t count) {
  const uint64_t hash = hashOf(p, n);
  const size_t mask = longs_.size() - 1;
  for (size_t i = hash & mask;; i = (i + 1) & mask) {
    Long& slot = longs_[i];
    if (slot.count == 0) {
      slot = {hash, arena_.size(), n, count};
      arena_.insert(arena_.end(), p, p + n);
      totalBytes_ += n;
      if (isCrowded(++longCount_, longs_.size())) growLongs();
      return;
    }
    if (slot.hash == hash && slot.size == n && memcmp(arena_.data() + slot.offset, p, n) == 0) {
      slot.count += count;
      return;
    }
  }
}

void WordTable::growShorts() {
  std::vector<Short> old(grown(shorts_.size()));
  old.swap(shorts_);
  const size_t mask = shorts_.size() - 1;
  for (const Short& slot : old) {
    if (slot.key.empty()) continue;
    size_t i = hashOf(slot.key) & mask;
    while (!shorts_[i].key.empty()) i = (i + 1) & mask;
    shorts_[i] = slot;
  }
}

void WordTable::growLongs() {
  std::vector<Long> old(grown(longs_.size()));
  old.swap(longs_);
  const size_t mask = longs_.size() - 1;
  for (const Long& slot : old) {
    if (slot.count == 0) continue;
    size_t i = slot.hash & mask;
    while (longs_[i].count != 0) i = (i + 1) & mask;
    longs_[i] = slot;
  }
}

}  // namespace tok

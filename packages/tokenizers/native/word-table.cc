#include "word-table.h"

#include <algorithm>
#include <cstring>

namespace tok {

void WordTable::take(WordTable& other) {
  // What comes in the order of another table's hashes fills a smaller table from its beginning, where each look-up then
  // passes all that is there already: there is to be room for all of it before the first comes.
  const size_t shorts = roomFor(shortCount_ + other.shortCount_, std::max(shorts_.size(), other.shorts_.size()));
  if (shorts > shorts_.size()) growShorts(shorts);
  for (const Short& slot : other.shorts_) {
    if (!slot.key.empty()) addShort(slot.key, slot.count);
  }
  other.shorts_ = {};
  const size_t longs = roomFor(longCount_ + other.longCount_, std::max(longs_.size(), other.longs_.size()));
  if (longs > longs_.size()) growLongs(longs);
  for (const Long& slot : other.longs_) {
    if (slot.count != 0) addLong(other.arena_.data() + slot.offset, slot.size, slot.count);
  }
  other = {};
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
      if (isCrowded(++longCount_, longs_.size())) growLongs(grown(longs_.size()));
      return;
    }
    if (slot.hash == hash && slot.size == n && memcmp(arena_.data() + slot.offset, p, n) == 0) {
      slot.count += count;
      return;
    }
  }
}

void WordTable::growShorts(size_t slots) {
  std::vector<Short> old(slots);
  old.swap(shorts_);
  const size_t mask = shorts_.size() - 1;
  for (const Short& slot : old) {
    if (slot.key.empty()) continue;
    size_t i = hashOf(slot.key) & mask;
    while (!shorts_[i].key.empty()) i = (i + 1) & mask;
    shorts_[i] = slot;
  }
}

void WordTable::growLongs(size_t slots) {
  std::vector<Long> old(slots);
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

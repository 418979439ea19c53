#include "token-words.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace tok {

namespace {

uint16_t leftOf(Sides sides) { return sides >> 16; }
uint16_t rightOf(Sides sides) { return sides & 0xffff; }

bool canJoin(uint16_t left, uint16_t right) {
  if (left == kNeverJoined || right == kNeverJoined) return false;
  if (right == kMarks || left == kMarks) return right == kMarks && (left == kMarks || left == kMark);
  return left == right || left == kMark || left == kAnyKind || right == kAnyKind;
}

void addWord(const uint32_t* begin, const uint32_t* end, WordTable& words) {
  const size_t size = (end - begin) * kTokenBytes;
  if (size < 2 * kTokenBytes) return;  // there is no pair in it
  const auto* bytes = reinterpret_cast<const uint8_t*>(begin);
  uint8_t padded[16] = {};  // a short one is read 16 bytes at a time
  if (size < sizeof padded) bytes = static_cast<const uint8_t*>(memcpy(padded, bytes, size));
  words.add(bytes, size, 1);
}

}  // namespace

void countTokenWords(const std::vector<uint32_t>& ids, const std::vector<uint32_t>& counts,
                     const std::vector<Sides>& sides, WordTable& words) {
  const uint32_t* at = ids.data();
  const uint32_t* const last = at + ids.size();
  for (const uint32_t count : counts) {
    const uint32_t* const end = at + std::min<size_t>(count, last - at);
    const uint32_t* begin = at;
    uint16_t kind = kNeverJoined;
    for (; at < end; at++) {
      if (*at >= sides.size()) throw std::invalid_argument("a token without sides");
      if (!canJoin(kind, leftOf(sides[*at]))) {
        addWord(begin, at, words);
        begin = at;
        kind = kAnyKind;
      }
      if (rightOf(sides[*at]) != kSameKind) kind = rightOf(sides[*at]);
    }
    addWord(begin, end, words);
  }
}

void readTokens(const uint8_t* word, size_t size, size_t tokens, std::vector<uint32_t>& out) {
  for (size_t at = 0; at + kTokenBytes <= size; at += kTokenBytes) {
    uint32_t id;
    memcpy(&id, word + at, kTokenBytes);
    if (id >= tokens) throw std::invalid_argument("a word of unknown tokens");
    out.push_back(id);
  }
}

}  // namespace tok

#include "safe-cut.h"

#include "unicode.h"
#include "utf8.h"

namespace tok {

const uint8_t* safeCut(const uint8_t* begin, const uint8_t* from, const uint8_t* end) {
  // A byte that continues no character starts one, in malformed text too, so reading may begin there. A byte after
  // three continuation bytes belongs to none and is a character of its own.
  const uint8_t* p = from;
  for (int back = 0; back < 3 && p > begin && p < end && (*p & 0xc0) == 0x80; back++) p--;
  if (p < end && (*p & 0xc0) == 0x80) p = from;
  CharClass before = kOther;
  while (p < end) {
    const Decoded c = decodeAny(p, end);
    const CharClass kind = kClasses[c.codePoint];
    if (p >= from && (before == kLetter || before == kNumber) && kind != before) return p;
    before = kind;
    p += c.bytes;
  }
  return end;
}

const uint8_t* lastSafeCut(const uint8_t* begin, const uint8_t* end) {
  for (size_t back = 64; begin + back < end; back *= 2) {
    // Twice the width each time: the whole search costs no more than twice the distance found.
    const uint8_t* found = begin;
    const uint8_t* p = end - back;
    const uint8_t* stop = end - 4;  // the last character may be cut off, so nothing is read from it
    for (const uint8_t* cut = safeCut(begin, p, end); cut < stop; cut = safeCut(begin, cut + 1, end)) found = cut;
    if (found > begin) return found;
  }
  return begin;
}

}  // namespace tok

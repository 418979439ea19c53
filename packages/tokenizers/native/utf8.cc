#include "utf8.h"

#include <cstring>

namespace tok {

namespace {

constexpr Decoded kMalformed(uint32_t bytes) { return {0xfffd, bytes}; }

bool isContinuation(const uint8_t* p, const uint8_t* end) { return p < end && (*p & 0xc0) == 0x80; }

}  // namespace

Decoded decodeAny(const uint8_t* p, const uint8_t* end) {
  const uint8_t lead = *p;
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xc2 || lead > 0xf4) return kMalformed(1);
  if (lead < 0xe0) return isContinuation(p + 1, end) ? decodeWide(p) : kMalformed(1);
  // The second byte's range is what forbids overlong forms, surrogates and code points past U+10FFFF.
  const uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (p + 1 >= end || p[1] < low || p[1] > high) return kMalformed(1);
  if (!isContinuation(p + 2, end)) return kMalformed(2);
  if (lead < 0xf0) return decodeWide(p);
  return isContinuation(p + 3, end) ? decodeWide(p) : kMalformed(3);
}

const uint8_t* firstMalformed(const uint8_t* p, const uint8_t* end) {
  while (p < end) {
    uint64_t word;
    while (end - p >= 8 && (memcpy(&word, p, 8), (word & 0x8080808080808080) == 0)) p += 8;
    if (p == end) break;
    const Decoded c = decodeAny(p, end);
    // U+FFFD itself is well-formed when it is spelled out.
    if (c.codePoint == 0xfffd && !(c.bytes == 3 && p[0] == 0xef)) return p;
    p += c.bytes;
  }
  return end;
}

void repair(const uint8_t*& begin, const uint8_t*& end, std::vector<uint8_t>& buffer) {
  if (firstMalformed(begin, end) == end) return;
  buffer.clear();
  appendRepaired(begin, end, buffer);
  buffer.resize(buffer.size() + kPadding);
  begin = buffer.data();
  end = begin + buffer.size() - kPadding;
}

void appendUtf8(uint32_t c, std::vector<uint8_t>& out) {
  const auto tail = [&](int shift) { out.push_back(0x80 | (c >> shift & 0x3f)); };
  if (c < 0x80) {
    out.push_back(c);
  } else if (c < 0x800) {
    out.push_back(0xc0 | c >> 6);
    tail(0);
  } else if (c < 0x10000) {
    out.push_back(0xe0 | c >> 12);
    tail(6);
    tail(0);
  } else {
    out.push_back(0xf0 | c >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

void appendRepaired(const uint8_t* p, const uint8_t* end, std::vector<uint8_t>& out) {
  while (p < end) {
    const uint8_t* bad = firstMalformed(p, end);
    out.insert(out.end(), p, bad);
    if (bad == end) return;
    appendUtf8(0xfffd, out);
    p = bad + decodeAny(bad, end).bytes;
  }
}

}  // namespace tok

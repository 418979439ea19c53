#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tok {

/** Readable bytes required past the end of a text: the lexers read 16 bytes at a time. */
constexpr size_t kPadding = 32;

struct Decoded {
  uint32_t codePoint;  // U+FFFD where the bytes are not well-formed
  uint32_t bytes;      // how many this character, or this maximal malformed part, takes
};

/** Decodes the character at p < end; any bytes are allowed. */
Decoded decodeAny(const uint8_t* p, const uint8_t* end);

/** Decodes a character of 2 to 4 bytes known to be well-formed. */
inline Decoded decodeWide(const uint8_t* p) {
  if (p[0] < 0xe0) return {(p[0] & 0x1fu) << 6 | (p[1] & 0x3fu), 2};
  if (p[0] < 0xf0) return {(p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu), 3};
  return {(p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu), 4};
}

/** The first byte in [p, end) that is not part of well-formed UTF-8 (Unicode 15, table 3-7), or end. */
const uint8_t* firstMalformed(const uint8_t* p, const uint8_t* end);

/**
 * Appends [p, end) with every maximal malformed part replaced by U+FFFD, as Rust's from_utf8_lossy, Python's
 * errors="replace" and WHATWG decoders count them.
 */
void appendRepaired(const uint8_t* p, const uint8_t* end, std::vector<uint8_t>& out);

/** Moves [begin, end) into `buffer`, repaired and with kPadding bytes after it, where it is not well-formed. */
void repair(const uint8_t*& begin, const uint8_t*& end, std::vector<uint8_t>& buffer);

void appendUtf8(uint32_t codePoint, std::vector<uint8_t>& out);

}  // namespace tok

#pragma once

#include <cstdint>

#include "unicode.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace tok {

struct AsciiClasses {
  CharClass of[128];
  constexpr AsciiClasses() : of() {
    for (int c = 0; c < 128; c++) {
      const bool letter = ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z');
      const bool space = c == ' ' || ('\t' <= c && c <= '\r');
      of[c] = letter ? kLetter : '0' <= c && c <= '9' ? kNumber : space ? kSpace : kOther;
    }
  }
  constexpr CharClass operator[](uint8_t c) const { return of[c]; }
};
inline constexpr AsciiClasses kAsciiClasses;

#if defined(__SSE2__)
/** One bit for each of 16 bytes: is it an ASCII letter? */
inline uint32_t letterMask(__m128i bytes) {
  const __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
  // Shifted so that 'a' is the least signed byte: one comparison finds the 26.
  const __m128i shifted = _mm_sub_epi8(lower, _mm_set1_epi8(static_cast<char>('a' + 128)));
  return _mm_movemask_epi8(_mm_cmplt_epi8(shifted, _mm_set1_epi8(-128 + 26)));
}
#endif

/** Past the ASCII characters of a class; reads up to 16 bytes past end, and never returns more than end. */
template <CharClass kind>
inline const uint8_t* skipAscii(const uint8_t* p, const uint8_t* end) {
#if defined(__SSE2__)
  if constexpr (kind == kLetter) {
    for (;;) {
      const uint32_t mask = letterMask(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
      if (mask != 0xffff) {
        p += __builtin_ctz(~mask);
        return p < end ? p : end;
      }
      p += 16;
      if (p >= end) return end;
    }
  }
#endif
  while (p < end && *p < 0x80 && kAsciiClasses[*p] == kind) p++;
  return p;
}

}  // namespace tok

#pragma once

#include <type_traits>

#include "scan.h"
#include "unicode.h"
#include "utf8.h"

namespace tok {

/** The pre-tokenization patterns known here; each has a lexer written by hand, none is interpreted. */
enum class Pattern : uint32_t {
  kGpt2 = 0,    // 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
  kLlama3 = 1,  // (?i:'s|…)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
  kQwen2 = 2,   // Llama 3's with \p{N} for \p{N}{1,3}
  kSmolLm = 3,  // \p{N}, and what is between them as GPT-2
};
constexpr uint32_t kPatternCount = 4;

namespace lex {

struct Char {
  CharClass kind;
  uint32_t bytes;
};

inline Char charAt(const uint8_t* p) {
  if (*p < 0x80) return {kAsciiClasses[*p], 1};
  const Decoded c = decodeWide(p);
  return {kClasses[c.codePoint], c.bytes};
}

/** Past the letters (numbers, others) from p on. */
template <CharClass kind>
inline const uint8_t* skip(const uint8_t* p, const uint8_t* end) {
  for (;;) {
    p = skipAscii<kind>(p, end);
    if (p >= end) return end;
    if (*p < 0x80) return p;
    const Decoded c = decodeWide(p);
    if (kClasses[c.codePoint] != kind) return p;
    p += c.bytes;
  }
}

/** \s+(?!\S)|\s+ from p on, whose first character is a space; for the newline patterns \s*[\r\n]+ before them. */
template <bool newlinesFirst>
inline const uint8_t* spaces(const uint8_t* p, const uint8_t* end) {
  const uint8_t* start = p;
  const uint8_t* last = p;
  const uint8_t* afterNewline = nullptr;
  while (p < end) {
    const Char c = charAt(p);
    if (c.kind != kSpace) break;
    last = p;
    p += c.bytes;
    if (newlinesFirst && (*last == '\n' || *last == '\r')) afterNewline = p;
  }
  if (newlinesFirst && afterNewline != nullptr) return afterNewline;
  // The last space of a run belongs to what follows it, unless it is all there is.
  return p == end || last == start ? p : last;
}

/** 's|'t|'re|'ve|'m|'ll|'d at an apostrophe: its end, or null. */
template <bool ignoreCase>
inline const uint8_t* contraction(const uint8_t* p, const uint8_t* end) {
  const size_t left = end - p;
  const auto letter = [&](size_t i) -> uint8_t { return i < left ? (ignoreCase ? p[i] | 0x20 : p[i]) : 0; };
  if (ignoreCase && left > 2 && p[1] == 0xc5 && p[2] == 0xbf) return p + 3;  // U+017F folds to s
  if (left > 1 && p[1] >= 0x80) return nullptr;
  switch (letter(1)) {
    case 's':
    case 't':
    case 'm':
    case 'd':
      return p + 2;
    case 'r':
    case 'v':
      return letter(2) == 'e' ? p + 3 : nullptr;
    case 'l':
      return letter(2) == 'l' ? p + 3 : nullptr;
    default:
      return nullptr;
  }
}

inline const uint8_t* gpt2(const uint8_t* p, const uint8_t* end) {
  const uint8_t* start = p;
  Char c = charAt(p);
  if (c.kind == kLetter) return skip<kLetter>(p + c.bytes, end);
  if (*p == ' ' && p + 1 < end) {
    c = charAt(++p);
    if (c.kind == kLetter) return skip<kLetter>(p + c.bytes, end);
  } else if (*p == '\'') {
    if (const uint8_t* cut = contraction<false>(p, end)) return cut;
  }
  switch (c.kind) {
    case kNumber:
      return skip<kNumber>(p + c.bytes, end);
    case kOther:
      return skip<kOther>(p + c.bytes, end);
    default:
      return spaces<false>(start, end);
  }
}

template <int maxDigits>
inline const uint8_t* numbers(const uint8_t* p, const uint8_t* end) {
  for (int i = 0; i < maxDigits && p < end; i++) {
    const Char c = charAt(p);
    if (c.kind != kNumber) break;
    p += c.bytes;
  }
  return p;
}

template <int maxDigits>
inline const uint8_t* llama3(const uint8_t* p, const uint8_t* end) {
  const Char c = charAt(p);
  if (c.kind == kLetter) return skip<kLetter>(p + c.bytes, end);
  if (c.kind == kNumber) return numbers<maxDigits>(p, end);
  if (*p == '\'') {
    if (const uint8_t* cut = contraction<true>(p, end)) return cut;
  }
  const uint8_t* q = p + c.bytes;
  const Char after = q < end ? charAt(q) : Char{kSpace, 0};
  if (after.kind == kLetter && *p != '\n' && *p != '\r') return skip<kLetter>(q + after.bytes, end);
  if (c.kind == kOther || (*p == ' ' && after.kind == kOther)) {
    q = skip<kOther>(q, end);
    while (q < end && (*q == '\n' || *q == '\r')) q++;
    return q;
  }
  return spaces<true>(p, end);
}

/** A digit is a word, and ends what is before it as the end of a text does. */
inline const uint8_t* smolLm(const uint8_t* p, const uint8_t* end) {
  Char c = charAt(p);
  if (c.kind == kNumber) return p + c.bytes;
  if (c.kind != kSpace) return gpt2(p, end);
  const uint8_t* after = p;
  for (; after < end; after += c.bytes) {
    c = charAt(after);
    if (c.kind == kNumber) return after;
    if (c.kind != kSpace) break;
  }
  return gpt2(p, end);
}

}  // namespace lex

/**
 * The end of the pre-token that begins at p < end. The text is well-formed UTF-8 and kPadding bytes past its end are
 * readable (what they are does not matter).
 */
template <Pattern pattern>
inline const uint8_t* nextToken(const uint8_t* p, const uint8_t* end) {
  if constexpr (pattern == Pattern::kGpt2) return lex::gpt2(p, end);
  if constexpr (pattern == Pattern::kLlama3) return lex::llama3<3>(p, end);
  if constexpr (pattern == Pattern::kQwen2) return lex::llama3<1>(p, end);
  if constexpr (pattern == Pattern::kSmolLm) return lex::smolLm(p, end);
}

/** Calls `body` with the pattern as a constant of the compiler. */
template <typename Body>
decltype(auto) withPattern(Pattern pattern, Body&& body) {
  switch (pattern) {
    case Pattern::kLlama3:
      return body(std::integral_constant<Pattern, Pattern::kLlama3>());
    case Pattern::kQwen2:
      return body(std::integral_constant<Pattern, Pattern::kQwen2>());
    case Pattern::kSmolLm:
      return body(std::integral_constant<Pattern, Pattern::kSmolLm>());
    default:
      return body(std::integral_constant<Pattern, Pattern::kGpt2>());
  }
}

}  // namespace tok

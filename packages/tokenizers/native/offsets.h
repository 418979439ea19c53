#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tok {

/** Bytes of a text, the last not included. */
struct Span {
  uint32_t begin, end;
};

/** Tokens and the part of the text that each was made of. */
struct Aligned {
  std::vector<uint32_t> ids;
  std::vector<Span> spans;

  void add(uint32_t id, Span span) {
    ids.push_back(id);
    spans.push_back(span);
  }
};

/** A normalized text's way back: for each of its bytes the bytes it came from. Empty: nothing was changed. */
using Alignment = std::vector<Span>;

/** Source range of the bytes [begin, end) of a text with an optional alignment. */
inline Span sourceOf(const Alignment& alignment, uint32_t begin, uint32_t end) {
  if (alignment.empty() || begin == end) return {begin, end};
  return {alignment[begin].begin, alignment[end - 1].end};
}

/**
 * Spans of bytes of a well-formed text as offsets in UTF-16 units, two a span; a span that begins or ends within a
 * character covers it.
 */
std::vector<uint32_t> utf16Offsets(const uint8_t* text, size_t size, const std::vector<Span>& spans);

}  // namespace tok

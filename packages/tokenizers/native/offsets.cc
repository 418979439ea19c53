#include "offsets.h"

namespace tok {

std::vector<uint32_t> utf16Offsets(const uint8_t* text, size_t size, const std::vector<Span>& spans) {
  // For each byte, the unit at which its character begins; a character of four bytes has two units.
  std::vector<uint32_t> unitOf(size + 1);
  uint32_t unit = 0, next = 0;
  for (size_t i = 0; i < size; i++) {
    if ((text[i] & 0xc0) != 0x80) {
      unit = next;
      next += text[i] >= 0xf0 ? 2 : 1;
    }
    unitOf[i] = unit;
  }
  unitOf[size] = next;
  std::vector<uint32_t> out;
  out.reserve(2 * spans.size());
  for (const Span& span : spans) {
    size_t end = span.end;
    while (end < size && (text[end] & 0xc0) == 0x80) end++;
    out.push_back(unitOf[span.begin]);
    out.push_back(unitOf[end]);
  }
  return out;
}

}  // namespace tok

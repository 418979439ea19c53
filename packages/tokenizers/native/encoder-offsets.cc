#include "encoder.h"
#include "nfc.h"

namespace tok {

namespace {

const uint8_t* wordEnd(Pattern pattern, const uint8_t* p, const uint8_t* end) {
  return withPattern(pattern, [&](auto known) { return nextToken<known()>(p, end); });
}

}  // namespace

/** The steps of encodeRepaired, one word after another and without the caches, which do not know where tokens end. */
Aligned Encoder::encodeAligned(const uint8_t* text, size_t size, bool specialTokens) const {
  Aligned out;
  std::vector<uint8_t> composed;
  std::vector<uint32_t> ids;
  std::vector<Span> spans;
  const uint8_t* const textEnd = text + size;
  for (const uint8_t* begin = text; begin < textEnd;) {
    const AddedTokens::Match raw = raw_(specialTokens).find(begin, textEnd);
    const uint32_t base = begin - text;
    const uint8_t* p = begin;
    const uint8_t* stop = raw.begin;
    begin = stop + raw.size;
    Alignment alignment;
    if (nfc_ && compose(p, stop, composed, &alignment)) {
      p = composed.data();
      stop = p + composed.size() - kPadding;
    }
    const uint8_t* const from = p;
    const auto add = [&](uint32_t id, uint32_t first, uint32_t last) {
      const Span span = sourceOf(alignment, first, last);
      out.add(id, {base + span.begin, base + span.end});
    };
    while (p < stop) {
      const AddedTokens::Match normalized = normalized_(specialTokens).find(p, stop);
      while (p < normalized.begin) {
        const uint8_t* end = wordEnd(model_.pattern, p, normalized.begin);
        ids.clear();
        spans.clear();
        model_.encodeWord(p, end - p, ids, spans);
        for (size_t i = 0; i < ids.size(); i++) add(ids[i], p - from + spans[i].begin, p - from + spans[i].end);
        p = end;
      }
      p = normalized.begin + normalized.size;
      if (normalized.size > 0) add(normalized.id, normalized.begin - from, p - from);
    }
    if (raw.size > 0) out.add(raw.id, {static_cast<uint32_t>(raw.begin - text), static_cast<uint32_t>(begin - text)});
  }
  return out;
}

}  // namespace tok

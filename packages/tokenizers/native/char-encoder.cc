#include "char-encoder.h"

#include <cstring>

#include "encode-items.h"
#include "nfc.h"
#include "utf8.h"

namespace tok {

CharEncoder::CharEncoder(const std::vector<uint32_t>& points, const std::vector<uint32_t>& ids, uint32_t unknown,
                         bool nfc)
    : pages_(0x110000 >> kPageBits), ids_(kPage, unknown), nfc_(nfc) {
  for (size_t i = 0; i < points.size() && i < ids.size(); i++) {
    if (points[i] >= 0x110000) continue;
    uint32_t& page = pages_[points[i] >> kPageBits];
    if (page == 0) {
      page = ids_.size();
      ids_.resize(ids_.size() + kPage, unknown);
    }
    ids_[page | (points[i] & (kPage - 1))] = ids[i];
  }
  for (uint32_t c = 0; c < 128; c++) ascii_[c] = idOf(c);
}

template <typename Id>
void CharEncoder::encodePart(const uint8_t* p, const uint8_t* end, std::vector<Id>& out) const {
  std::vector<uint8_t> repaired, composed;
  if (nfc_) {
    if (firstMalformed(p, end) != end) {
      appendRepaired(p, end, repaired);
      p = repaired.data();
      end = p + repaired.size();
    }
    if (compose(p, end, composed)) {
      p = composed.data();
      end = p + composed.size() - kPadding;
    }
  }
  const size_t before = out.size();
  out.resize(before + (end - p));  // a character has one byte at least
  Id* to = out.data() + before;
  while (p < end) {
    uint64_t word;
    while (end - p >= 8 && (memcpy(&word, p, 8), (word & 0x8080808080808080) == 0)) {
      for (int i = 0; i < 8; i++) to[i] = ascii_[p[i]];
      to += 8;
      p += 8;
    }
    if (p == end) break;
    const Decoded c = decodeAny(p, end);
    *to++ = idOf(c.codePoint);
    p += c.bytes;
  }
  out.resize(to - out.data());
}

std::vector<uint32_t> CharEncoder::encode(const uint8_t* bytes, size_t size) {
  std::vector<uint32_t> ids;
  encodePart(bytes, bytes + size, ids);
  return ids;
}

Aligned CharEncoder::encodeAligned(const uint8_t* text, size_t size) const {
  std::vector<uint8_t> composed;
  Alignment alignment;
  const uint8_t* p = text;
  const uint8_t* end = text + size;
  if (nfc_ && compose(p, end, composed, &alignment)) {
    p = composed.data();
    end = p + composed.size() - kPadding;
  }
  Aligned out;
  for (const uint8_t* const from = p; p < end;) {
    const Decoded c = decodeAny(p, end);
    const uint32_t at = p - from;
    out.add(idOf(c.codePoint), sourceOf(alignment, at, at + c.bytes));
    p += c.bytes;
  }
  return out;
}

template <typename Id>
void CharEncoder::batch(const Documents& documents, uint32_t endToken, unsigned threads, Encoded<Id>& out) const {
  const uint8_t* bytes = documents.bytes.data();
  // Before ASCII: it neither continues a character nor composes with the one before.
  const auto cutAfter = [&](uint64_t, uint64_t from, uint64_t end) {
    while (from < end && bytes[from] >= 0x80) from++;
    return from;
  };
  encodeItems(documents, endToken, threads, out, cutAfter,
              [&](const uint8_t* begin, const uint8_t* end, std::vector<Id>& ids) { encodePart(begin, end, ids); });
}

void CharEncoder::encodeBatch(const Documents& documents, uint32_t endToken, unsigned threads, Encoded<uint16_t>& out) {
  batch(documents, endToken, threads, out);
}

void CharEncoder::encodeBatch(const Documents& documents, uint32_t endToken, unsigned threads, Encoded<uint32_t>& out) {
  batch(documents, endToken, threads, out);
}

}  // namespace tok

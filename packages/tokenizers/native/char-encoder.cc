#include "char-encoder.h"

#include <cstring>

#include "encode-items.h"
#include "nfc.h"
#include "utf8.h"

namespace tok {

CharEncoder::CharEncoder(const std::vector<uint32_t>& points, const std::vector<uint32_t>& ids, uint32_t unknown,
                         const std::vector<AddedToken>& added, bool nfc)
    : pages_(0x110000 >> kPageBits), ids_(kPage, unknown), added_(added), nfc_(nfc) {
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

/** Gives the number of special tokens found. */
template <typename Id>
size_t CharEncoder::encodePart(const uint8_t* p, const uint8_t* end, bool specialTokens, std::vector<Id>& out) const {
  size_t specials = 0;
  while (p < end) {
    const AddedTokens::Match added = added_(specialTokens).find(p, end);
    encodeText(p, added.begin, out);
    p = added.begin + added.size;
    if (added.token == nullptr) break;
    out.push_back(added.id);
    specials += added.token->special;
  }
  return specials;
}

template <typename Id>
void CharEncoder::encodeText(const uint8_t* p, const uint8_t* end, std::vector<Id>& out) const {
  std::vector<uint8_t> repaired, composed;
  if (nfc_) repairAndCompose(p, end, repaired, composed);
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

std::vector<uint32_t> CharEncoder::encode(const uint8_t* bytes, size_t size, bool specialTokens) {
  std::vector<uint32_t> ids;
  encodePart(bytes, bytes + size, specialTokens, ids);
  return ids;
}

Aligned CharEncoder::encodeAligned(const uint8_t* text, size_t size, bool specialTokens) const {
  Aligned out;
  std::vector<uint8_t> composed;
  const uint8_t* const textEnd = text + size;
  for (const uint8_t* begin = text; begin < textEnd;) {
    const AddedTokens::Match added = added_(specialTokens).find(begin, textEnd);
    const uint32_t base = begin - text;
    Alignment alignment;
    const uint8_t* p = begin;
    const uint8_t* end = added.begin;
    if (nfc_ && compose(p, end, composed, &alignment)) {
      p = composed.data();
      end = p + composed.size() - kPadding;
    }
    for (const uint8_t* const from = p; p < end;) {
      const Decoded c = decodeAny(p, end);
      const uint32_t at = p - from;
      const Span span = sourceOf(alignment, at, at + c.bytes);
      out.add(idOf(c.codePoint), {base + span.begin, base + span.end});
      p += c.bytes;
    }
    begin = added.begin + added.size;
    const Span span{static_cast<uint32_t>(added.begin - text), static_cast<uint32_t>(begin - text)};
    if (added.token != nullptr) out.add(added.id, span);
  }
  return out;
}

template <typename Id>
void CharEncoder::batch(const Documents& documents, const BatchSettings& settings, Encoded<Id>& out) const {
  const uint8_t* bytes = documents.bytes.data();
  // Before ASCII: it neither continues a character nor composes with the one before.
  const AddedTokens& added = added_(settings.specialTokens);
  const auto cutAfter = [&](uint64_t begin, uint64_t from, uint64_t end) {
    while (from < end && (bytes[from] >= 0x80 || added.crosses(bytes + begin, bytes + from, bytes + end))) from++;
    return from;
  };
  encodeItems(documents, settings, out, cutAfter, [&](const uint8_t* begin, const uint8_t* end, std::vector<Id>& ids) {
    return encodePart(begin, end, settings.specialTokens, ids);
  });
}

void CharEncoder::encodeBatch(const Documents& documents, const BatchSettings& settings, Encoded<uint16_t>& out) {
  batch(documents, settings, out);
}

void CharEncoder::encodeBatch(const Documents& documents, const BatchSettings& settings, Encoded<uint32_t>& out) {
  batch(documents, settings, out);
}

}  // namespace tok

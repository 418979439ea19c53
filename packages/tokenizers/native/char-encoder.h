#pragma once

#include <vector>

#include "added-tokens.h"
#include "text-encoder.h"

namespace tok {

/** Each code point is a token: one look-up a character, after NFC if requested. */
class CharEncoder : public TextEncoder {
 public:
  /** ids[i] is the token of points[i]; `unknown` that of all others. */
  CharEncoder(const std::vector<uint32_t>& points, const std::vector<uint32_t>& ids, uint32_t unknown,
              const std::vector<AddedToken>& added, bool nfc);

  std::vector<uint32_t> encode(const uint8_t* bytes, size_t size, bool specialTokens) override;
  Aligned encodeAligned(const uint8_t* text, size_t size, bool specialTokens) const override;
  void encodeBatch(const Documents&, const BatchSettings&, Encoded<uint16_t>& out) override;
  void encodeBatch(const Documents&, const BatchSettings&, Encoded<uint32_t>& out) override;

 private:
  template <typename Id>
  size_t encodePart(const uint8_t* begin, const uint8_t* end, bool specialTokens, std::vector<Id>& out) const;
  template <typename Id>
  void encodeText(const uint8_t* begin, const uint8_t* end, std::vector<Id>& out) const;
  template <typename Id>
  void batch(const Documents&, const BatchSettings&, Encoded<Id>& out) const;
  uint32_t idOf(uint32_t point) const { return ids_[pages_[point >> kPageBits] | (point & (kPage - 1))]; }

  static constexpr uint32_t kPageBits = 7, kPage = 1 << kPageBits;
  std::vector<uint32_t> pages_;  // where in ids_ the page of a code point begins; all unknown ones share the first
  std::vector<uint32_t> ids_;
  uint32_t ascii_[128];
  const AddedTokenSets added_;
  const bool nfc_;
};

}  // namespace tok

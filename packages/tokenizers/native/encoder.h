#pragma once

#include <vector>

#include "added-tokens.h"
#include "bpe-model.h"
#include "long-word-cache.h"
#include "scratch-pool.h"
#include "text-encoder.h"
#include "word-cache.h"

namespace tok {

/** Text to ids: added tokens, then the normalizer, then pre-tokens, then merges. Any number of threads may call it. */
class Encoder : public TextEncoder {
 public:
  Encoder(BpeModel model, const std::vector<AddedToken>& raw, const std::vector<AddedToken>& normalized, bool nfc);
  ~Encoder() override;

  std::vector<uint32_t> encode(const uint8_t* bytes, size_t size, bool specialTokens) override;
  Aligned encodeAligned(const uint8_t* text, size_t size, bool specialTokens) const override;
  void encodeBatch(const Documents&, const BatchSettings&, Encoded<uint16_t>& out) override;
  void encodeBatch(const Documents&, const BatchSettings&, Encoded<uint32_t>& out) override;

 private:
  struct Scratch;
  template <typename Id>
  class Writer;

  template <typename Id>
  void batch(const Documents& documents, const BatchSettings& settings, Encoded<Id>& result);
  template <typename Id>
  void encodePart(const uint8_t* begin, const uint8_t* end, Writer<Id>& out, Scratch& scratch) const;
  template <typename Id>
  void encodeRepaired(const uint8_t* begin, const uint8_t* end, Writer<Id>& out, Scratch& scratch) const;
  template <typename Id>
  void encodeText(const uint8_t* begin, const uint8_t* end, Writer<Id>& out, Scratch& scratch) const;
  template <Pattern pattern, typename Id>
  void encodeWords(const uint8_t* begin, const uint8_t* end, Writer<Id>& out, Scratch& scratch) const;
  template <typename Id>
  void encodeLong(const uint8_t* p, size_t size, Writer<Id>& out, Scratch& scratch) const;
  uint64_t cutAfter(const uint8_t* bytes, uint64_t begin, uint64_t from, uint64_t end, bool specialTokens) const;

  const BpeModel model_;
  const AddedTokenSets raw_, normalized_;
  const bool nfc_;
  ScratchPool<Scratch> pool_;
};

}  // namespace tok

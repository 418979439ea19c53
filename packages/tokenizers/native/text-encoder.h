#pragma once

#include <cstdlib>
#include <memory>
#include <vector>

#include "documents.h"
#include "offsets.h"

namespace tok {

/** The ids of many documents, one after another, in memory from malloc. */
template <typename Id>
struct Encoded {
  std::unique_ptr<Id, void (*)(void*)> ids{nullptr, free};
  size_t size = 0;
  std::vector<uint32_t> counts;  // of each document, its end token among them
  size_t specialTokens = 0;      // taken from the texts, end tokens not among them
};

struct BatchSettings {
  uint32_t endToken;   // what follows each document, or kNoToken
  bool specialTokens;  // as in TextEncoder::encode
  unsigned threads;
};

/** Text to ids, for every kind of tokenizer. Thread-safe. */
class TextEncoder {
 public:
  virtual ~TextEncoder() = default;

  /**
   * One text of `size` bytes, well-formed or not, kPadding readable bytes after it. `specialTokens`: do those that it
   * spells become their ids? Otherwise they are text like any other.
   */
  virtual std::vector<uint32_t> encode(const uint8_t* bytes, size_t size, bool specialTokens) = 0;

  /** The same for well-formed text, with what each token was made of. */
  virtual Aligned encodeAligned(const uint8_t* text, size_t size, bool specialTokens) const = 0;

  /** Throws std::bad_alloc. */
  virtual void encodeBatch(const Documents&, const BatchSettings&, Encoded<uint16_t>& out) = 0;
  virtual void encodeBatch(const Documents&, const BatchSettings&, Encoded<uint32_t>& out) = 0;
};

}  // namespace tok

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lexer.h"
#include "merge-symbols.h"
#include "offsets.h"

namespace tok {

/** The model of a tokenizer.json, ready to be applied. */
struct BpeModel {
  Pattern pattern = Pattern::kGpt2;
  bool ignoreMerges = false;  // a word that is a token is that token
  bool fuseUnknown = false;
  uint32_t unknown = kNoToken;  // for bytes that have no token; kNoToken: they are dropped
  uint32_t byteIds[256];
  bool everyByteHasToken = false;
  PairTable<RankedMerge> merges;
  std::vector<RankedMerge> byteMerges;  // of two bytes, by 256 * left + right: the first of every word's look-ups
  std::unordered_map<std::string, uint32_t> words;  // by bytes; only where ignoreMerges needs it

  /** Call when all of the above is set. */
  void prepare();

  /** Applies the merges to a word of any length; appends to out. */
  void encodeWord(const uint8_t* bytes, size_t size, std::vector<uint32_t>& out) const;

  /** The same, with the bytes of the word that each token covers. */
  void encodeWord(const uint8_t* bytes, size_t size, std::vector<uint32_t>& out, std::vector<Span>& spans) const;

 private:
  void mergeShort(const uint8_t* bytes, size_t size, std::vector<uint32_t>& out) const;
  const uint32_t* wordId(const uint8_t* bytes, size_t size) const;
  void symbolsOf(const uint8_t* bytes, size_t size, std::vector<uint32_t>& out, std::vector<Span>* spans) const;
};

}  // namespace tok

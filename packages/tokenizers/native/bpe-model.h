#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lexer.h"
#include "pair-table.h"

namespace tok {

constexpr uint32_t kNoToken = ~0u;

struct RankedMerge {
  uint32_t rank = kNoToken, result = 0;
};

/** What a tokenizer.json's model says, ready to be applied. */
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

  /** To be called when all the above is there. */
  void prepare();

  /** Applies the merges to a word of any length; appends to out. */
  void encodeWord(const uint8_t* bytes, size_t size, std::vector<uint32_t>& out) const;

 private:
  void mergeShort(const uint8_t* bytes, size_t size, std::vector<uint32_t>& out) const;
  void symbolsOf(const uint8_t* bytes, size_t size, std::vector<uint32_t>& out) const;
  void mergeLong(std::vector<uint32_t>& symbols, size_t from) const;
};

}  // namespace tok

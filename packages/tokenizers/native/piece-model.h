#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "merge-symbols.h"

namespace tok {

/** Tokenizes a word: a part of the text that no token crosses. */
class PieceModel {
 public:
  virtual ~PieceModel() = default;

  /** Appends the ids of a word that is not empty, and, if wanted, the bytes of it that each covers. */
  virtual void encodeWord(std::string_view word, std::vector<uint32_t>& ids, std::vector<Span>* spans) const = 0;
};

/** BPE whose symbols are characters (Sennrich et al. 2016); one without a token is its bytes, or unknown. */
class CharBpe : public PieceModel {
 public:
  std::unordered_map<uint32_t, uint32_t> charIds;
  std::vector<uint32_t> byteIds;  // of each byte's token, kNoToken where there is none; empty: no fallback
  uint32_t unknown = kNoToken;    // kNoToken: what is unknown is dropped
  bool fuseUnknown = false;
  std::unordered_map<std::string, uint32_t> words;  // those that are their own token; only where merges do not matter
  PairTable<RankedMerge> merges{0};

  void encodeWord(std::string_view word, std::vector<uint32_t>& ids, std::vector<Span>* spans) const override;

 private:
  bool putBytes(std::string_view bytes, uint32_t at, std::vector<uint32_t>& ids, std::vector<Span>* spans) const;
};

/** The unigram language model (Kudo 2018): of all ways to cut a word, the most likely. */
class Unigram : public PieceModel {
 public:
  /** Scores by id. Throws std::invalid_argument. */
  Unigram(const std::vector<std::string>& pieces, const std::vector<double>& scores, uint32_t unknown,
          std::vector<uint32_t> byteIds);

  void encodeWord(std::string_view word, std::vector<uint32_t>& ids, std::vector<Span>* spans) const override;

 private:
  static constexpr uint32_t kNone = ~0u;
  uint32_t child(uint32_t node, uint8_t byte) const;
  uint32_t find(std::string_view piece) const;
  void put(std::string_view word, Span span, std::vector<uint32_t>& ids, std::vector<Span>* spans) const;

  std::vector<double> scores_;
  double unknownScore_;
  const uint32_t unknown_;
  const std::vector<uint32_t> byteIds_;
  PairTable<uint32_t> children_;    // of (node, byte); a node is 0 or more, its child is never 0
  std::vector<uint32_t> idOfNode_;  // kNone where no piece ends
};

}  // namespace tok

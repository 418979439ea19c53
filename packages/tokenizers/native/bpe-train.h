#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bpe-model.h"
#include "word-table.h"

namespace tok {

struct Merge {
  uint32_t left, right, result;
};

struct TrainSettings {
  uint32_t vocabSize;
  uint64_t minFrequency;
  uint32_t byteIds[256];            // the token of each byte
  std::vector<std::string> tokens;  // what is there before the first merge, by id; bytes
  std::vector<bool> canBeMerged;    // false: a special token that no bytes spell, a character that gets no token
  std::optional<BpeModel> base;     // what words are cut by first; none: into bytes
  bool ofTokens = false;            // words are of tokens and not of text; any two make what is spelled as both are
  uint32_t mostChars = ~0u;         // characters of the longest new token
  std::string mark;                 // of a space; a new token has two in a row only where it has nothing else

  /** Must what the vocabulary makes of a text without a new token stay? */
  bool keepsOld() const { return base || ofTokens; }
};

struct Trained {
  std::vector<Merge> merges;
  std::vector<std::string> tokens;  // by id; bytes
};

/**
 * Learns merges from word counts, as Hugging Face's BpeTrainer does: always the most frequent pair, of equally frequent
 * ones the one with the smaller ids, until the vocabulary is full or no pair reaches minFrequency. Where old
 * tokens are kept, pairs that would make a token which is there are left alone: merges of the base could go on from it,
 * and what it makes of a text without a new token would change. With `ofTokens` so are those of which an old token
 * could come with a neighbour. Throws Cancelled, std::invalid_argument for words of other tokens.
 */
Trained trainMerges(WordTable words, const TrainSettings& settings, std::atomic<uint64_t>& merged,
                    const std::atomic<bool>& cancelled);

}  // namespace tok

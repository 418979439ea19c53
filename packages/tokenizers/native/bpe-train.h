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
  std::vector<bool> canBeMerged;    // false: a special token that no bytes spell
  std::optional<BpeModel> base;     // what words are cut by first; none: into bytes
};

struct Trained {
  std::vector<Merge> merges;
  std::vector<std::string> tokens;  // by id; bytes
};

/**
 * Learns merges from word counts, as Hugging Face's BpeTrainer does: always the most frequent pair, of equally frequent
 * ones the one with the smaller ids, until the vocabulary is full or no pair reaches minFrequency. With a base,
 * pairs that would make a token which is there are left alone: merges of the base could go on from it, and what it
 * makes of a text without a new token would change. Throws Cancelled.
 */
Trained trainMerges(WordTable words, const TrainSettings& settings, std::atomic<uint64_t>& merged,
                    const std::atomic<bool>& cancelled);

}  // namespace tok

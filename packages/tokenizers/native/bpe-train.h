#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

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
};

struct Trained {
  std::vector<Merge> merges;
  std::vector<std::string> tokens;  // by id; bytes
};

/**
 * Learns merges from word counts, as Hugging Face's BpeTrainer does: always the most frequent pair, of equally frequent
 * ones the one with the smaller ids, until the vocabulary is full or no pair reaches minFrequency. Throws Cancelled.
 */
Trained trainMerges(WordTable words, const TrainSettings& settings, std::atomic<uint64_t>& merged,
                    const std::atomic<bool>& cancelled);

}  // namespace tok

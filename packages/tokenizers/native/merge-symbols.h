#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "offsets.h"
#include "pair-table.h"

namespace tok {

constexpr uint32_t kNoToken = ~0u;

struct RankedMerge {
  uint32_t rank = kNoToken, result = 0;
};

/** Merges by their pairs, from triples of left, right and result; the first has the least rank. */
PairTable<RankedMerge> mergeTable(const std::vector<uint32_t>& triples);

/**
 * Applies merges to the symbols from `from` on: the least rank first, then the leftmost. A heap of possible merges over
 * a linked list: n log n, however many there are. `spans`, if any, holds one for each of these symbols, and afterwards
 * one for each that is left.
 */
void mergeSymbols(const PairTable<RankedMerge>& merges, std::vector<uint32_t>& symbols, size_t from,
                  std::vector<Span>* spans);

}  // namespace tok

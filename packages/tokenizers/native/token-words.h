#pragma once

#include <cstdint>
#include <vector>

#include "word-table.h"

namespace tok {

/** Bytes of a token in a word. */
constexpr size_t kTokenBytes = sizeof(uint32_t);

/**
 * What a token is at its sides: kind of what it begins with in the high half, of what it ends with in the low one. Two
 * neighbours can become one token if the kinds where they touch are equal or one of them is kAnyKind.
 */
using Sides = uint32_t;
constexpr uint16_t kAnyKind = 0;        // joined to every kind
constexpr uint16_t kMark = 0xfffc;      // at the end: joined to every kind and to marks
constexpr uint16_t kMarks = 0xfffd;     // joined to itself alone, and to kMark before it
constexpr uint16_t kSameKind = 0xfffe;  // at the end: that of what is before the token
constexpr uint16_t kNeverJoined = 0xffff;

/**
 * Counts words of tokens: the longest runs of neighbours in a text that can become one. `counts`: tokens of each text.
 * Throws std::invalid_argument for a token without sides.
 */
void countTokenWords(const std::vector<uint32_t>& ids, const std::vector<uint32_t>& counts,
                     const std::vector<Sides>& sides, WordTable& words);

/** Appends the tokens of a word. Throws std::invalid_argument for one that is not below `tokens`. */
void readTokens(const uint8_t* word, size_t size, size_t tokens, std::vector<uint32_t>& out);

}  // namespace tok

#pragma once
#include <cstdint>

// Random bits as a function of (seed, row, column) and of nothing else: a mask need not be stored, because the backward
// pass makes it again, and it is the same for every number of threads and every vector width. Everything here and in
// vector-math.h is static: each *.simd.cc must keep its own copy, compiled for its own instructions.

namespace trainer {

struct RowKey {
  uint32_t a;
  uint32_t b;
};

/** The key of one row: the finalizer of SplitMix64 (Steele, Lea and Flood 2014) over the row's place in its sequence.
 */
static inline RowKey rowKey(uint64_t seed, uint64_t row) {
  uint64_t z = seed + (row + 1) * 0x9e3779b97f4a7c15ull;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  z ^= z >> 31;
  return {static_cast<uint32_t>(z), static_cast<uint32_t>(z >> 32)};
}

/** 32 random bits for one column: two rounds of multiply and xor-shift, a key before each. */
static inline uint32_t randomBits(RowKey key, uint32_t column) {
  uint32_t x = (column + key.a) * 0x9e3779b1u;
  x ^= x >> 16;
  x *= 0x21f0aaadu;
  x ^= (x >> 15) + key.b;
  x *= 0xd35a2d97u;
  x ^= x >> 15;
  return x;
}

/** An element is dropped when its bits are below this. */
static inline uint32_t dropThreshold(double probability) { return static_cast<uint32_t>(probability * 4294967296.0); }

}  // namespace trainer

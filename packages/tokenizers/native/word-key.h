#pragma once

#include <cstdint>
#include <cstring>

namespace tok {

/** Words of at most this many bytes are their own key; longer ones are kept elsewhere. */
constexpr size_t kShortWord = 15;

/** A short word's bytes and, in the last byte, its length: equal exactly when the words are. Never all zero. */
struct WordKey {
  uint64_t low, high;
  bool operator==(const WordKey& other) const { return ((low ^ other.low) | (high ^ other.high)) == 0; }
  bool empty() const { return high == 0; }
  size_t size() const { return high >> 56; }
};

struct KeyMasks {
  uint64_t of[16][2];
  constexpr KeyMasks() : of() {
    for (int n = 0; n < 16; n++) {
      of[n][0] = n >= 8 ? ~0ull : (1ull << (8 * n)) - 1;
      of[n][1] = n <= 8 ? 0 : (1ull << (8 * (n - 8))) - 1;
    }
  }
};
inline constexpr KeyMasks kKeyMasks;

/** The key of n <= 15 bytes at p; reads 16. */
inline WordKey keyOf(const uint8_t* p, size_t n) {
  WordKey key;
  memcpy(&key, p, 16);
  key.low &= kKeyMasks.of[n][0];
  key.high = (key.high & kKeyMasks.of[n][1]) | static_cast<uint64_t>(n) << 56;
  return key;
}

/** A product folded in half: one multiplication mixes all 128 bits (as in wyhash, Wang Yi 2019). */
inline uint64_t mix(uint64_t a, uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline uint64_t hashOf(const WordKey& key) {
  return mix(key.low ^ 0x9e3779b97f4a7c15ull, key.high ^ 0xd1b54a32d192ed03ull);
}

inline uint64_t hashOf(const uint8_t* p, size_t n) {
  uint64_t hash = n;
  for (; n >= 8; p += 8, n -= 8) {
    uint64_t word;
    memcpy(&word, p, 8);
    hash = mix(hash ^ word ^ 0x9e3779b97f4a7c15ull, 0xd1b54a32d192ed03ull);
  }
  uint64_t rest = 0;
  memcpy(&rest, p, n);
  return mix(hash ^ rest ^ 0x9e3779b97f4a7c15ull, 0xd1b54a32d192ed03ull);
}

}  // namespace tok

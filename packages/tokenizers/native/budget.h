#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "failure.h"

namespace tok {

/**
 * The bytes that the steps of a normalizer may make of a text, all its parts together. A tokenizer may come from
 * anywhere: a chain of replacements, each of one letter by sixteen, would make 16^n letters of one. Real ones make
 * eleven bytes of one at most (U+FDFA in NFKC), and offsets have 32 bits.
 */
class Budget {
 public:
  static constexpr uint64_t kTimes = 32, kMore = 1024, kMost = UINT32_MAX;

  /** Throws TooLong. */
  explicit Budget(uint64_t textBytes) : left_(std::min(textBytes * kTimes + kMore, kMost)) {
    if (textBytes > kMost) throw TooLong();
  }

  size_t left() const { return left_; }
  void use(size_t bytes) { left_ -= bytes; }

 private:
  size_t left_;
};

}  // namespace tok

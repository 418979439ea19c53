#pragma once

#include <cstddef>
#include <cstdint>

namespace tok {

enum CharClass : uint8_t { kOther = 0, kLetter = 1, kNumber = 2, kSpace = 3 };

extern const uint32_t kClassRuns[];
extern const size_t kClassRunsSize;
extern const uint32_t kCombining[];
extern const size_t kCombiningSize;
extern const uint32_t kDecompositions[];
extern const size_t kDecompositionsSize;
extern const uint32_t kCompositions[];
extern const size_t kCompositionsSize;

/** Two bits a code point, spread out from runs: one load a lookup, 272 KiB. */
class RunTable {
 public:
  /** For each run the first code point << 2 | class. */
  RunTable(const uint32_t* runs, size_t size);
  uint32_t operator[](uint32_t codePoint) const { return bits_[codePoint >> 2] >> ((codePoint & 3) * 2) & 3; }

 private:
  uint8_t bits_[0x110000 / 4];
};

class ClassTable {
 public:
  ClassTable() : table_(kClassRuns, kClassRunsSize) {}
  CharClass operator[](uint32_t codePoint) const { return static_cast<CharClass>(table_[codePoint]); }

 private:
  RunTable table_;
};

extern const ClassTable kClasses;

}  // namespace tok

#include "unicode.h"

#include <cstring>

namespace tok {

RunTable::RunTable(const uint32_t* runs, size_t size) {
  memset(bits_, 0, sizeof bits_);
  for (size_t run = 0; run < size; run++) {
    const uint32_t kind = runs[run] & 3;
    const uint32_t end = run + 1 < size ? runs[run + 1] >> 2 : 0x110000;
    for (uint32_t c = runs[run] >> 2; kind != 0 && c < end; c++) bits_[c >> 2] |= kind << ((c & 3) * 2);
  }
}

const ClassTable kClasses;

}  // namespace tok

#pragma once

#include "unicode-forms.h"
#include "unicode.h"

namespace tok {

enum WordClass : uint32_t { kNoWord = 0, kWord = 1, kWhite = 2 };
enum GraphemeClass : uint32_t { kAny = 0, kControl = 1, kExtends = 2, kPrepends = 3 };

/** Spread out when first needed. */
inline const RunTable& wordTable() {
  static const RunTable table(kWordRuns, kWordRunsSize);
  return table;
}
inline const RunTable& markTable() {
  static const RunTable table(kMarkRuns, kMarkRunsSize);
  return table;
}
inline const RunTable& graphemeTable() {
  static const RunTable table(kGraphemeRuns, kGraphemeRunsSize);
  return table;
}

}  // namespace tok

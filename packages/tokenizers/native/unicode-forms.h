#pragma once

#include <cstddef>
#include <cstdint>

namespace tok {

extern const uint32_t kCompatible[];
extern const size_t kCompatibleSize;
extern const uint32_t kLowercase[];
extern const size_t kLowercaseSize;
extern const uint32_t kWordRuns[];
extern const size_t kWordRunsSize;
extern const uint32_t kMarkRuns[];
extern const size_t kMarkRunsSize;
extern const uint32_t kGraphemeRuns[];
extern const size_t kGraphemeRunsSize;

}  // namespace tok

#pragma once

#include <cstdint>
#include <vector>

namespace tok {

/**
 * The NFC form of well-formed text (Unicode Standard Annex 15), into `out` followed by kPadding bytes; false, and
 * nothing written, where the text plainly is in that form already.
 */
bool compose(const uint8_t* begin, const uint8_t* end, std::vector<uint8_t>& out);

}  // namespace tok

#pragma once

#include <cstdint>
#include <vector>

#include "offsets.h"

namespace tok {

/**
 * The NFC form of well-formed text (Unicode Standard Annex 15), into `out` followed by kPadding bytes; false, and
 * nothing written, where the text plainly is in that form already. `alignment`, if wanted, comes to say which bytes
 * each byte of it is made of; characters that change together are made of the same ones.
 */
bool compose(const uint8_t* begin, const uint8_t* end, std::vector<uint8_t>& out, Alignment* alignment = nullptr);

/** The NFC form of any text: [begin, end) moves into `repaired` or `composed` where the text is not in that form. */
void repairAndCompose(const uint8_t*& begin, const uint8_t*& end, std::vector<uint8_t>& repaired,
                      std::vector<uint8_t>& composed);

enum class Form { kNfc, kNfd, kNfkc, kNfkd };

/** The same for each of the four forms. Throws TooLong where there are more than `mostPoints` on the way. */
bool normalForm(Form form, const uint8_t* begin, const uint8_t* end, std::vector<uint8_t>& out, Alignment* alignment,
                size_t mostPoints = SIZE_MAX);

}  // namespace tok

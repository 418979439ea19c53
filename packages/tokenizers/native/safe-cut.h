#pragma once

#include <cstdint>

namespace tok {

/**
 * The first place at or after `from` where the text [begin, end), well-formed or not, may be cut so that both halves
 * have the pre-tokens of the whole, in every pattern: after a run of letters or of numbers, which no pre-token crosses
 * and at which none looks back. `end` where there is none.
 */
const uint8_t* safeCut(const uint8_t* begin, const uint8_t* from, const uint8_t* end);

/** The last such place in [begin, end), or begin. */
const uint8_t* lastSafeCut(const uint8_t* begin, const uint8_t* end);

}  // namespace tok

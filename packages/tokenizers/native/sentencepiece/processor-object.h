#pragma once

#include <napi.h>

namespace tok {

/** class Processor(model bytes): pieces, specials, vocabulary, encode, encodeWithOffsets, encodeBatch, decode. */
Napi::Function defineProcessor(Napi::Env env);

}  // namespace tok

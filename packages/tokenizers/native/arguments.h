#pragma once

#include <napi.h>

#include <string>
#include <vector>

#include "documents.h"

namespace tok {

/** What JavaScript passes, checked again and copied: nothing it does to its buffers later can reach the threads. */
Documents documentsFrom(const Napi::CallbackInfo& info, size_t bytes, size_t ends);
std::vector<uint32_t> uint32sFrom(const Napi::Value& value);
/** Byte strings that lie one after another: {bytes: Uint8Array, ends: Uint32Array}. */
std::vector<std::string> stringsFrom(const Napi::Value& value);
std::vector<std::string> pathsFrom(const Napi::Value& value);
/** An id, or kNoToken for what is not a number. */
uint32_t tokenFrom(const Napi::Value& value);
unsigned threadsFrom(const Napi::Value& value);

}  // namespace tok

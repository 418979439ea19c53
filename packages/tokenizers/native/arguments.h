#pragma once

#include <napi.h>

#include <string>
#include <vector>

#include "documents.h"

namespace tok {

/** Arguments from JavaScript, validated and copied: later changes to its buffers do not reach the threads. */
Documents documentsFrom(const Napi::CallbackInfo& info, size_t bytes, size_t ends);
std::vector<uint32_t> uint32sFrom(const Napi::Value& value);
/** Concatenated byte strings: {bytes: Uint8Array, ends: Uint32Array}. */
std::vector<std::string> stringsFrom(const Napi::Value& value);
std::vector<std::string> pathsFrom(const Napi::Value& value);
/** An id, or kNoToken for what is not a number. */
uint32_t tokenFrom(const Napi::Value& value);
unsigned threadsFrom(const Napi::Value& value);

}  // namespace tok

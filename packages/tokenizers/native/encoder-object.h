#pragma once

#include <napi.h>

namespace tok {

/** Puts a class for each kind of encoder among what the addon exports. */
void defineEncoders(Napi::Env env, Napi::Object& exports);

}  // namespace tok

#pragma once

#include <napi.h>

namespace tok {

/** class Encoder(settings): encode, encodeBatch. */
Napi::Function defineEncoder(Napi::Env env);

}  // namespace tok

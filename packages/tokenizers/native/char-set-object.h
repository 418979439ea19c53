#pragma once

#include <napi.h>

namespace tok {

/** CharSet, the class: new CharSet(threads, nfc). */
Napi::Function defineCharSet(Napi::Env env);

}  // namespace tok

#pragma once

#include <napi.h>

namespace tok {

/** class Trainer(threads, pattern, nfc): countFiles, countDocuments, merge, progress, cancel. */
Napi::Function defineTrainer(Napi::Env env);

}  // namespace tok

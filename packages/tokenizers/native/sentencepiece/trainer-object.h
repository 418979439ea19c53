#pragma once

#include <napi.h>

namespace tok {

/** class Trainer(): train, push, end, progress, cancel. */
Napi::Function defineSentencePieceTrainer(Napi::Env env);

}  // namespace tok

#include <napi.h>

#include "processor-object.h"
#include "trainer-object.h"

static Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("Processor", tok::defineProcessor(env));
  exports.Set("Trainer", tok::defineSentencePieceTrainer(env));
  return exports;
}

NODE_API_MODULE(sentencepiece, init)

#include <napi.h>

#include "encoder-object.h"
#include "trainer-object.h"

static Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("Trainer", tok::defineTrainer(env));
  exports.Set("Encoder", tok::defineEncoder(env));
  return exports;
}

NODE_API_MODULE(tokenizers, init)

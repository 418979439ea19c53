#include <napi.h>

#include "char-set-object.h"
#include "encoder-object.h"
#include "trainer-object.h"

static Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("Trainer", tok::defineTrainer(env));
  exports.Set("CharSet", tok::defineCharSet(env));
  tok::defineEncoders(env, exports);
  return exports;
}

NODE_API_MODULE(tokenizers, init)

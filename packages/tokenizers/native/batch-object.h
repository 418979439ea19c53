#pragma once

#include <napi.h>

#include <memory>
#include <utility>

#include "arguments.h"
#include "array-from.h"
#include "task.h"
#include "text-encoder.h"

namespace tok {

/** Takes the ids away from `encoded`. */
template <typename Id>
Napi::Value batchObject(Napi::Env env, Encoded<Id>& encoded) {
  auto out = Napi::Object::New(env);
  out.Set("ids", arrayOfOwned(env, encoded.ids, encoded.size));
  out.Set("counts", arrayFrom<uint32_t>(env, encoded.counts));
  out.Set("specialTokens", Napi::Number::New(env, encoded.specialTokens));
  return out;
}

/**
 * The encodeBatch(bytes, ends, wide, eos, threads, specialTokens) of every encoder. `encode(documents, settings,
 * encoded)` runs off the JavaScript thread; `encoded` is of uint32_t where `wide`, else of uint16_t.
 */
template <typename Encode>
Napi::Value batchFrom(const Napi::CallbackInfo& info, Encode encode) {
  const auto run = [&](auto encoded) {
    return Task::run(
        info.Env(),
        [encode = std::move(encode), encoded, documents = std::make_shared<Documents>(documentsFrom(info, 0, 1)),
         settings = BatchSettings{tokenFrom(info[3]), info[5].ToBoolean(), threadsFrom(info[4])}] {
          encode(*documents, settings, *encoded);
        },
        [encoded](Napi::Env env) { return batchObject(env, *encoded); });
  };
  return info[2].ToBoolean() ? run(std::make_shared<Encoded<uint32_t>>()) : run(std::make_shared<Encoded<uint16_t>>());
}

}  // namespace tok

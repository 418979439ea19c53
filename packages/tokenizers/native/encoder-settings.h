#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "added-tokens.h"
#include "bpe-model.h"
#include "text-encoder.h"

namespace tok {

/** Throws a RangeError for the number of no lexer. */
Pattern patternFrom(const Napi::Value& value);
/** The model of an encoder's settings; its pattern is that of the words it is given. */
BpeModel modelFrom(const Napi::Object& settings);
std::vector<AddedToken> addedFrom(const Napi::Value& added);

/** Encoders as JavaScript describes them. */
std::shared_ptr<TextEncoder> byteLevelEncoder(const Napi::Object& settings);
std::shared_ptr<TextEncoder> pieceEncoder(const Napi::Object& settings);
/** normalize(steps, utf8): the text after these steps of a normalizer, as UTF-8. */
Napi::Value normalize(const Napi::CallbackInfo& info);
std::shared_ptr<TextEncoder> charEncoder(const Napi::Object& settings);

}  // namespace tok

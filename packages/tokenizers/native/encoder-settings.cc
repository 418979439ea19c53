#include "encoder-settings.h"

#include "arguments.h"
#include "char-encoder.h"
#include "encoder.h"

namespace tok {

Pattern patternFrom(const Napi::Value& value) {
  const uint32_t pattern = value.ToNumber().Uint32Value();
  if (pattern >= kPatternCount) throw Napi::RangeError::New(value.Env(), "not a pattern");
  return static_cast<Pattern>(pattern);
}

BpeModel modelFrom(const Napi::Object& options) {
  BpeModel model;
  const auto byteIds = uint32sFrom(options.Get("byteIds"));
  const auto merges = uint32sFrom(options.Get("merges"));
  if (byteIds.size() != 256 || merges.size() % 3 != 0) {
    throw Napi::RangeError::New(options.Env(), "not a model");
  }
  model.pattern = patternFrom(options.Get("pattern"));
  model.ignoreMerges = options.Get("ignoreMerges").ToBoolean();
  model.fuseUnknown = options.Get("fuseUnknown").ToBoolean();
  model.unknown = tokenFrom(options.Get("unknown"));
  std::copy(byteIds.begin(), byteIds.end(), model.byteIds);
  model.merges = mergeTable(merges);
  const auto words = stringsFrom(options.Get("words"));
  const auto wordIds = uint32sFrom(options.Get("wordIds"));
  for (size_t i = 0; i < words.size() && i < wordIds.size(); i++) model.words.emplace(words[i], wordIds[i]);
  model.prepare();
  return model;
}

std::vector<AddedToken> addedFrom(const Napi::Value& value) {
  const auto added = value.As<Napi::Object>();
  const auto contents = stringsFrom(added.Get("contents"));
  const auto ids = uint32sFrom(added.Get("ids"));
  const auto flags = uint32sFrom(added.Get("flags"));  // 1: lstrip, 2: rstrip, 4: single word, 8: special
  std::vector<AddedToken> out;
  for (size_t i = 0; i < contents.size() && i < ids.size() && i < flags.size(); i++) {
    if (contents[i].empty()) continue;
    const auto has = [&](uint32_t flag) { return (flags[i] & flag) != 0; };
    out.push_back({contents[i], ids[i], has(1), has(2), has(4), has(8)});
  }
  return out;
}

std::shared_ptr<TextEncoder> byteLevelEncoder(const Napi::Object& settings) {
  return std::make_shared<Encoder>(modelFrom(settings), addedFrom(settings.Get("raw")),
                                   addedFrom(settings.Get("normalized")), settings.Get("nfc").ToBoolean());
}

std::shared_ptr<TextEncoder> charEncoder(const Napi::Object& settings) {
  return std::make_shared<CharEncoder>(uint32sFrom(settings.Get("points")), uint32sFrom(settings.Get("ids")),
                                       tokenFrom(settings.Get("unknown")), addedFrom(settings.Get("added")),
                                       settings.Get("nfc").ToBoolean());
}

}  // namespace tok

#include "encoder-settings.h"

#include "arguments.h"
#include "char-encoder.h"
#include "encoder.h"

namespace tok {

namespace {

BpeModel modelFrom(const Napi::Object& options) {
  BpeModel model;
  const uint32_t pattern = options.Get("pattern").ToNumber().Uint32Value();
  const auto byteIds = uint32sFrom(options.Get("byteIds"));
  const auto merges = uint32sFrom(options.Get("merges"));
  if (pattern >= kPatternCount || byteIds.size() != 256 || merges.size() % 3 != 0) {
    throw Napi::RangeError::New(options.Env(), "not a model");
  }
  model.pattern = static_cast<Pattern>(pattern);
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

std::vector<AddedToken> addedFrom(const Napi::Object& options, const char* contents, const char* ids) {
  const auto strings = stringsFrom(options.Get(contents));
  const auto numbers = uint32sFrom(options.Get(ids));
  std::vector<AddedToken> out;
  for (size_t i = 0; i < strings.size() && i < numbers.size(); i++) {
    if (!strings[i].empty()) out.push_back({strings[i], numbers[i]});
  }
  return out;
}

}  // namespace

std::shared_ptr<TextEncoder> byteLevelEncoder(const Napi::Object& settings) {
  return std::make_shared<Encoder>(modelFrom(settings), addedFrom(settings, "raw", "rawIds"),
                                   addedFrom(settings, "normalized", "normalizedIds"), settings.Get("nfc").ToBoolean());
}

std::shared_ptr<TextEncoder> charEncoder(const Napi::Object& settings) {
  return std::make_shared<CharEncoder>(uint32sFrom(settings.Get("points")), uint32sFrom(settings.Get("ids")),
                                       tokenFrom(settings.Get("unknown")), settings.Get("nfc").ToBoolean());
}

}  // namespace tok

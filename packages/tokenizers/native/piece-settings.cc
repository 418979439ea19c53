#include <algorithm>

#include "arguments.h"
#include "array-from.h"
#include "encoder-settings.h"
#include "guarded.h"
#include "piece-encoder.h"

namespace tok {

namespace {

std::string stringFrom(const Napi::Object& object, const char* name) { return object.Get(name).ToString(); }

std::unique_ptr<NormalizerStep> stepFrom(const Napi::Object& step) {
  const std::string type = stringFrom(step, "type");
  if (type == "NFC") return formStep(Form::kNfc);
  if (type == "NFD") return formStep(Form::kNfd);
  if (type == "NFKC") return formStep(Form::kNfkc);
  if (type == "NFKD") return formStep(Form::kNfkd);
  if (type == "Prepend") return prependStep(stringFrom(step, "content"));
  if (type == "Replace") return replaceStep(stringFrom(step, "pattern"), stringFrom(step, "content"));
  if (type == "Spaces") return spacesStep(stringFrom(step, "content"));
  if (type == "Strip") return stripStep(step.Get("left").ToBoolean(), step.Get("right").ToBoolean());
  if (type == "Lowercase") return lowercaseStep();
  if (type == "StripAccents") return stripAccentsStep();
  if (type == "CharsMap") {
    const auto map = step.Get("charsMap").As<Napi::Uint8Array>();
    return charsMapStep(std::string(reinterpret_cast<const char*>(map.Data()), map.ByteLength()));
  }
  throw Napi::TypeError::New(step.Env(), "no normalizer " + type);
}

NormalizerSteps stepsFrom(const Napi::Array& list) {
  NormalizerSteps steps;
  for (uint32_t i = 0; i < list.Length(); i++) steps.push_back(stepFrom(list.Get(i).As<Napi::Object>()));
  return steps;
}

std::vector<double> scoresFrom(const Napi::Value& value) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_float64_array) {
    throw Napi::TypeError::New(value.Env(), "a Float64Array was expected");
  }
  const auto scores = value.As<Napi::Float64Array>();
  return scores.ElementLength() == 0 ? std::vector<double>()
                                     : std::vector<double>(scores.Data(), scores.Data() + scores.ElementLength());
}

std::unique_ptr<PieceModel> unigramFrom(const Napi::Object& model) {
  return std::make_unique<Unigram>(stringsFrom(model.Get("pieces")), scoresFrom(model.Get("scores")),
                                   tokenFrom(model.Get("unknown")), uint32sFrom(model.Get("byteIds")));
}

std::unique_ptr<PieceModel> bpeFrom(const Napi::Object& model) {
  auto bpe = std::make_unique<CharBpe>();
  const auto points = uint32sFrom(model.Get("points"));
  const auto ids = uint32sFrom(model.Get("ids"));
  for (size_t i = 0; i < points.size() && i < ids.size(); i++) bpe->charIds[points[i]] = ids[i];
  bpe->byteIds = uint32sFrom(model.Get("byteIds"));
  bpe->unknown = tokenFrom(model.Get("unknown"));
  bpe->fuseUnknown = model.Get("fuseUnknown").ToBoolean();
  const auto words = stringsFrom(model.Get("words"));
  const auto wordIds = uint32sFrom(model.Get("wordIds"));
  for (size_t i = 0; i < words.size() && i < wordIds.size(); i++) bpe->words.emplace(words[i], wordIds[i]);
  bpe->merges = mergeTable(uint32sFrom(model.Get("merges")));
  return bpe;
}

PieceSplitter splitterFrom(const Napi::Object& splitter) {
  PieceSplitter out;
  out.atWhiteSpace = splitter.Get("atWhiteSpace").ToBoolean();
  out.spacesToMark = splitter.Get("spacesToMark").ToBoolean();
  out.prefix = static_cast<PieceSplitter::Prefix>(std::min(splitter.Get("prefix").ToNumber().Uint32Value(), 2u));
  out.words = static_cast<PieceSplitter::Words>(std::min(splitter.Get("words").ToNumber().Uint32Value(), 3u));
  out.mark = stringFrom(splitter, "mark");
  if (out.mark.empty()) throw Napi::TypeError::New(splitter.Env(), "a mark was expected");
  return out;
}

}  // namespace

Napi::Value normalize(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const auto utf8 = info[1].As<Napi::Uint8Array>();
    NormalizerBuffers buffers;
    const NormalizerSteps steps = stepsFrom(info[0].As<Napi::Array>());
    const std::string text(reinterpret_cast<const char*>(utf8.Data()), utf8.ByteLength());
    Budget budget(text.size());
    return arrayFrom<uint8_t>(info.Env(), applySteps(steps, text, false, buffers, budget).text);
  });
}

std::shared_ptr<TextEncoder> pieceEncoder(const Napi::Object& settings) {
  PiecePipeline pipeline;
  const auto model = settings.Get("model").As<Napi::Object>();
  pipeline.model = model.Has("scores") ? unigramFrom(model) : bpeFrom(model);
  pipeline.steps = stepsFrom(settings.Get("normalizer").As<Napi::Array>());
  pipeline.splitter = splitterFrom(settings.Get("splitter").As<Napi::Object>());
  pipeline.raw = addedFrom(settings.Get("raw"));
  pipeline.normalized = addedFrom(settings.Get("normalized"));
  return std::make_shared<PieceEncoder>(std::move(pipeline));
}

}  // namespace tok

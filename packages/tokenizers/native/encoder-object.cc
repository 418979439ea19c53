#include "encoder-object.h"

#include <memory>

#include "arguments.h"
#include "encoder.h"
#include "task.h"

namespace tok {

namespace {

uint32_t tokenOrNone(const Napi::Value& value) {
  return value.IsNumber() ? value.As<Napi::Number>().Uint32Value() : kNoToken;
}

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
  model.unknown = tokenOrNone(options.Get("unknown"));
  std::copy(byteIds.begin(), byteIds.end(), model.byteIds);
  model.merges = PairTable<RankedMerge>(merges.size() / 3);
  for (size_t i = 0; i + 2 < merges.size(); i += 3) {
    model.merges[pairOf(merges[i], merges[i + 1])] = {static_cast<uint32_t>(i / 3), merges[i + 2]};
  }
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

template <typename Id>
Napi::Value outcome(Napi::Env env, Encoded<Id>& encoded) {
  auto counts = Napi::Uint32Array::New(env, encoded.counts.size());
  std::copy(encoded.counts.begin(), encoded.counts.end(), counts.Data());
  const size_t size = encoded.size;
  const auto buffer = size == 0 ? Napi::ArrayBuffer::New(env, 0)
                                : Napi::ArrayBuffer::New(env, encoded.ids.release(), size * sizeof(Id),
                                                         [](Napi::Env, void* ids) { free(ids); });
  auto out = Napi::Object::New(env);
  out.Set("ids", Napi::TypedArrayOf<Id>::New(env, size, buffer, 0));
  out.Set("counts", counts);
  return out;
}

std::vector<uint8_t> paddedText(const Napi::Value& value) {
  const auto text = value.As<Napi::Uint8Array>();
  std::vector<uint8_t> padded;
  padded.reserve(text.ByteLength() + kPadding);
  if (text.ByteLength() > 0) padded.assign(text.Data(), text.Data() + text.ByteLength());
  padded.resize(text.ByteLength() + kPadding);
  return padded;
}

Napi::Value int32Array(Napi::Env env, const std::vector<uint32_t>& values) {
  auto out = Napi::Int32Array::New(env, values.size());
  std::copy(values.begin(), values.end(), out.Data());
  return out;
}

class EncoderObject : public Napi::ObjectWrap<EncoderObject> {
 public:
  explicit EncoderObject(const Napi::CallbackInfo& info) : ObjectWrap(info) {
    const auto options = info[0].As<Napi::Object>();
    encoder_ =
        std::make_shared<Encoder>(modelFrom(options), addedFrom(options, "raw", "rawIds"),
                                  addedFrom(options, "normalized", "normalizedIds"), options.Get("nfc").ToBoolean());
  }

  static Napi::Function define(Napi::Env env) {
    return DefineClass(
        env, "Encoder",
        {InstanceMethod<&EncoderObject::encode>("encode"), InstanceMethod<&EncoderObject::encodeBatch>("encodeBatch"),
         InstanceMethod<&EncoderObject::encodeWithOffsets>("encodeWithOffsets")});
  }

 private:
  Napi::Value encode(const Napi::CallbackInfo& info) {
    const std::vector<uint8_t> padded = paddedText(info[0]);
    return int32Array(info.Env(), encoder_->encode(padded.data(), padded.size() - kPadding));
  }

  Napi::Value encodeWithOffsets(const Napi::CallbackInfo& info) {
    const std::vector<uint8_t> padded = paddedText(info[0]);
    const size_t size = padded.size() - kPadding;
    const Aligned aligned = encoder_->encodeAligned(padded.data(), size);
    const std::vector<uint32_t> offsets = utf16Offsets(padded.data(), size, aligned.spans);
    auto units = Napi::Uint32Array::New(info.Env(), offsets.size());
    std::copy(offsets.begin(), offsets.end(), units.Data());
    auto out = Napi::Object::New(info.Env());
    out.Set("ids", int32Array(info.Env(), aligned.ids));
    out.Set("offsets", units);
    return out;
  }

  Napi::Value encodeBatch(const Napi::CallbackInfo& info) {
    auto documents = std::make_shared<Documents>(documentsFrom(info, 0, 1));
    const uint32_t endToken = tokenOrNone(info[3]);
    const unsigned threads = threadsFrom(info[4]);
    return info[2].ToBoolean() ? batch<uint32_t>(info.Env(), documents, endToken, threads)
                               : batch<uint16_t>(info.Env(), documents, endToken, threads);
  }

  template <typename Id>
  Napi::Value batch(Napi::Env env, std::shared_ptr<Documents> documents, uint32_t endToken, unsigned threads) {
    auto encoded = std::make_shared<Encoded<Id>>();
    return Task::run(
        env,
        [encoder = encoder_, encoded, documents, endToken, threads] {
          *encoded = encoder->encodeBatch<Id>(*documents, endToken, threads);
        },
        [encoded](Napi::Env env) { return outcome(env, *encoded); });
  }

  std::shared_ptr<Encoder> encoder_;
};

}  // namespace

Napi::Function defineEncoder(Napi::Env env) { return EncoderObject::define(env); }

}  // namespace tok

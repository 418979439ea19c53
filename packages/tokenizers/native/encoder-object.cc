#include "encoder-object.h"

#include <memory>

#include "array-from.h"
#include "batch-object.h"
#include "encoder-settings.h"
#include "guarded.h"

namespace tok {

namespace {

std::vector<uint8_t> paddedText(const Napi::Value& value) {
  const auto text = value.As<Napi::Uint8Array>();
  std::vector<uint8_t> padded;
  padded.reserve(text.ByteLength() + kPadding);
  if (text.ByteLength() > 0) padded.assign(text.Data(), text.Data() + text.ByteLength());
  padded.resize(text.ByteLength() + kPadding);
  return padded;
}

template <std::shared_ptr<TextEncoder> (*make)(const Napi::Object&)>
class EncoderObject : public GuardedObject<EncoderObject<make>> {
 public:
  explicit EncoderObject(const Napi::CallbackInfo& info)
      : GuardedObject<EncoderObject>(info),
        encoder_(guarded(info.Env(), [&] { return make(info[0].As<Napi::Object>()); })) {}

  static Napi::Function define(Napi::Env env, const char* name) {
    using Self = EncoderObject;
    return Self::DefineClass(
        env, name,
        {Self::template method<&Self::encode>("encode"), Self::template method<&Self::encodeBatch>("encodeBatch"),
         Self::template method<&Self::encodeWithOffsets>("encodeWithOffsets")});
  }

  Napi::Value encode(const Napi::CallbackInfo& info) {
    const std::vector<uint8_t> padded = paddedText(info[0]);
    return arrayFrom<int32_t>(info.Env(),
                              encoder_->encode(padded.data(), padded.size() - kPadding, info[1].ToBoolean()));
  }

  Napi::Value encodeWithOffsets(const Napi::CallbackInfo& info) {
    const std::vector<uint8_t> padded = paddedText(info[0]);
    const size_t size = padded.size() - kPadding;
    const Aligned aligned = encoder_->encodeAligned(padded.data(), size, info[1].ToBoolean());
    const std::vector<uint32_t> offsets = utf16Offsets(padded.data(), size, aligned.spans);
    auto out = Napi::Object::New(info.Env());
    out.Set("ids", arrayFrom<int32_t>(info.Env(), aligned.ids));
    out.Set("offsets", arrayFrom<uint32_t>(info.Env(), offsets));
    return out;
  }

  Napi::Value encodeBatch(const Napi::CallbackInfo& info) {
    return batchFrom(info, [encoder = encoder_](const Documents& documents, const BatchSettings& settings, auto& out) {
      encoder->encodeBatch(documents, settings, out);
    });
  }

 private:
  std::shared_ptr<TextEncoder> encoder_;
};

}  // namespace

void defineEncoders(Napi::Env env, Napi::Object& exports) {
  exports.Set("Encoder", EncoderObject<byteLevelEncoder>::define(env, "Encoder"));
  exports.Set("normalize", Napi::Function::New(env, normalize, "normalize"));
  exports.Set("PieceEncoder", EncoderObject<pieceEncoder>::define(env, "PieceEncoder"));
  exports.Set("CharEncoder", EncoderObject<charEncoder>::define(env, "CharEncoder"));
}

}  // namespace tok

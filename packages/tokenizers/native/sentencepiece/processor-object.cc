#include "processor-object.h"

#include <memory>

#include "../array-from.h"
#include "../batch-object.h"
#include "../encode-items.h"
#include "../guarded.h"
#include "model.h"

namespace tok {

namespace {

std::string_view viewOf(const Napi::Uint8Array& bytes) {
  return bytes.ByteLength() == 0 ? std::string_view()
                                 : std::string_view(reinterpret_cast<const char*>(bytes.Data()), bytes.ByteLength());
}

/** Kind of a piece: kept in step with src/sentencepiece.ts. */
uint8_t kindOf(const sentencepiece::SentencePieceProcessor& processor, int id) {
  return processor.IsUnknown(id) ? 1 : processor.IsControl(id) ? 2 : processor.IsByte(id) ? 3 : 0;
}

class ProcessorObject : public GuardedObject<ProcessorObject> {
 public:
  explicit ProcessorObject(const Napi::CallbackInfo& info) : GuardedObject(info) {
    const auto bytes = info[0].As<Napi::Uint8Array>();
    model_ = guarded(info.Env(), [&] { return std::make_shared<const Model>(viewOf(bytes)); });
  }

  static Napi::Function define(Napi::Env env) {
    return DefineClass(
        env, "Processor",
        {method<&ProcessorObject::pieces>("pieces"), method<&ProcessorObject::specials>("specials"),
         method<&ProcessorObject::vocabulary>("vocabulary"), method<&ProcessorObject::encode>("encode"),
         method<&ProcessorObject::encodeWithOffsets>("encodeWithOffsets"),
         method<&ProcessorObject::encodeBatch>("encodeBatch"), method<&ProcessorObject::decode>("decode")});
  }

 private:
  Napi::Value pieces(const Napi::CallbackInfo& info) {
    const auto& processor = model_->processor();
    std::string bytes;
    std::vector<uint32_t> ends;
    std::vector<uint8_t> kinds;
    for (int id = 0; id < processor.GetPieceSize(); id++) {
      bytes += processor.IdToPiece(id);
      ends.push_back(bytes.size());
      kinds.push_back(kindOf(processor, id));
    }
    auto out = Napi::Object::New(info.Env());
    out.Set("bytes", arrayFrom<uint8_t>(info.Env(), bytes));
    out.Set("ends", arrayFrom<uint32_t>(info.Env(), ends));
    out.Set("kinds", arrayFrom<uint8_t>(info.Env(), kinds));
    out.Set("unknownSurface", model_->unknownSurface());
    return out;
  }

  Napi::Value specials(const Napi::CallbackInfo& info) {
    const auto& processor = model_->processor();
    const auto id = [&](int found) {
      return found < 0 ? info.Env().Null() : Napi::Number::New(info.Env(), found).As<Napi::Value>();
    };
    auto out = Napi::Object::New(info.Env());
    out.Set("pad", id(processor.pad_id()));
    out.Set("unk", id(processor.unk_id()));
    out.Set("bos", id(processor.bos_id()));
    out.Set("eos", id(processor.eos_id()));
    return out;
  }

  Napi::Value vocabulary(const Napi::CallbackInfo& info) {
    return arrayFrom<uint8_t>(info.Env(), model_->vocabulary());
  }

  Napi::Value encode(const Napi::CallbackInfo& info) {
    const auto text = info[0].As<Napi::Uint8Array>();
    std::vector<int> ids;
    model_->encode(viewOf(text), info[1].ToBoolean(), ids);
    return arrayFrom<int32_t>(info.Env(), ids);
  }

  Napi::Value encodeWithOffsets(const Napi::CallbackInfo& info) {
    const auto text = info[0].As<Napi::Uint8Array>();
    const Aligned found = model_->encodeWithSpans(viewOf(text), info[1].ToBoolean());
    const std::vector<uint32_t> offsets = utf16Offsets(text.Data(), text.ByteLength(), found.spans);
    auto out = Napi::Object::New(info.Env());
    out.Set("ids", arrayFrom<int32_t>(info.Env(), found.ids));
    out.Set("offsets", arrayFrom<uint32_t>(info.Env(), offsets));
    return out;
  }

  Napi::Value encodeBatch(const Napi::CallbackInfo& info) {
    return batchFrom(info, [model = model_](const Documents& documents, const BatchSettings& settings, auto& out) {
      encodeItems(documents, settings, out, nowhere, [&](const uint8_t* begin, const uint8_t* end, auto& ids) {
        std::vector<int> found;
        const std::string_view text{reinterpret_cast<const char*>(begin), static_cast<size_t>(end - begin)};
        const size_t specials = model->encode(text, settings.specialTokens, found);
        ids.insert(ids.end(), found.begin(), found.end());
        return specials;
      });
    });
  }

  /** Ids that are not pieces were refused in JavaScript; here they would be an exception. */
  Napi::Value decode(const Napi::CallbackInfo& info) {
    const auto given = info[0].As<Napi::Int32Array>();
    std::vector<int> ids(given.ElementLength());
    for (size_t i = 0; i < ids.size(); i++) ids[i] = given[i];
    return arrayFrom<uint8_t>(info.Env(), model_->decode(ids));
  }

  std::shared_ptr<const Model> model_;
};

}  // namespace

Napi::Function defineProcessor(Napi::Env env) { return ProcessorObject::define(env); }

}  // namespace tok

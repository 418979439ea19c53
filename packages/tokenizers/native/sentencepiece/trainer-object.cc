#include "trainer-object.h"

#include "../arguments.h"
#include "../guarded.h"
#include "training.h"

namespace tok {

namespace {

class TrainerObject : public GuardedObject<TrainerObject> {
 public:
  explicit TrainerObject(const Napi::CallbackInfo& info) : GuardedObject(info) {}

  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Trainer",
                       {method<&TrainerObject::train>("train"), method<&TrainerObject::push>("push"),
                        InstanceMethod<&TrainerObject::end>("end"), method<&TrainerObject::progress>("progress"),
                        InstanceMethod<&TrainerObject::cancel>("cancel")});
  }

 private:
  /** options: an object of strings; files: their paths, or null when texts are pushed; maxSentenceBytes: a number. */
  Napi::Value train(const Napi::CallbackInfo& info) {
    if (training_ != nullptr) throw Napi::Error::New(info.Env(), "a trainer trains once");
    Training::Options options;
    const auto given = info[0].As<Napi::Object>();
    const auto names = given.GetPropertyNames();
    for (uint32_t i = 0; i < names.Length(); i++) {
      const std::string name = names.Get(i).ToString();
      options[name] = given.Get(name).ToString().Utf8Value();
    }
    std::unique_ptr<std::vector<std::string>> files;
    if (info[1].IsArray()) {
      files = std::make_unique<std::vector<std::string>>();
      const auto paths = info[1].As<Napi::Array>();
      for (uint32_t i = 0; i < paths.Length(); i++) files->push_back(paths.Get(i).ToString());
    }
    const auto maxSentenceBytes = static_cast<size_t>(info[2].As<Napi::Number>().Int64Value());
    training_ = Training::start(info.Env(), std::move(options), std::move(files), maxSentenceBytes);
    return training_->promise();
  }

  Training& training(const Napi::CallbackInfo& info) {
    if (training_ == nullptr) throw Napi::Error::New(info.Env(), "no training is under way");
    return *training_;
  }

  Napi::Value push(const Napi::CallbackInfo& info) {
    return training(info).push(info.Env(), documentsFrom(info, 0, 1));
  }
  void end(const Napi::CallbackInfo& info) { training(info).end(); }
  void cancel(const Napi::CallbackInfo& info) { training(info).cancel(); }

  Napi::Value progress(const Napi::CallbackInfo& info) {
    const TrainingState& state = training(info).state();
    auto out = Napi::Object::New(info.Env());
    out.Set("learns", state.phase.load() > 0);
    out.Set("bytes", static_cast<double>(state.bytes.load()));
    out.Set("sentences", static_cast<double>(state.sentences.load()));
    out.Set("tooLong", static_cast<double>(state.tooLong.load()));
    out.Set("tooLongBytes", static_cast<double>(state.tooLongBytes.load()));
    out.Set("reserved", static_cast<double>(state.reserved.load()));
    out.Set("reservedBytes", static_cast<double>(state.reservedBytes.load()));
    out.Set("pieces", static_cast<double>(state.pieces.load()));
    return out;
  }

  std::shared_ptr<Training> training_;
};

}  // namespace

Napi::Function defineSentencePieceTrainer(Napi::Env env) { return TrainerObject::define(env); }

}  // namespace tok

#include "char-set-object.h"

#include <memory>

#include "arguments.h"
#include "char-set.h"
#include "task.h"

namespace tok {

namespace {

/** Its work runs between JavaScript calls, so the set lives as long as either needs it. */
class CharSetObject : public Napi::ObjectWrap<CharSetObject> {
 public:
  explicit CharSetObject(const Napi::CallbackInfo& info)
      : ObjectWrap(info), set_(std::make_shared<CharSet>(threadsFrom(info[0]), info[1].ToBoolean())) {}

  static Napi::Function define(Napi::Env env) {
    return DefineClass(
        env, "CharSet",
        {InstanceMethod<&CharSetObject::countFiles>("countFiles"),
         InstanceMethod<&CharSetObject::countDocuments>("countDocuments"),
         InstanceMethod<&CharSetObject::points>("points"), InstanceMethod<&CharSetObject::progress>("progress"),
         InstanceMethod<&CharSetObject::cancel>("cancel")});
  }

 private:
  Napi::Value countFiles(const Napi::CallbackInfo& info) {
    return Task::run(
        info.Env(), [set = set_, paths = pathsFrom(info[0])] { set->addFiles(paths); },
        [](Napi::Env env) { return env.Undefined(); });
  }

  Napi::Value countDocuments(const Napi::CallbackInfo& info) {
    auto documents = std::make_shared<Documents>(documentsFrom(info, 0, 1));
    return Task::run(
        info.Env(), [set = set_, documents] { set->addDocuments(*documents); },
        [](Napi::Env env) { return env.Undefined(); });
  }

  Napi::Value points(const Napi::CallbackInfo& info) {
    const std::vector<uint32_t> points = set_->points();
    auto out = Napi::Uint32Array::New(info.Env(), points.size());
    std::copy(points.begin(), points.end(), out.Data());
    return out;
  }

  Napi::Value progress(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(set_->bytes.load()));
  }

  void cancel(const Napi::CallbackInfo&) { set_->cancelled = true; }

  std::shared_ptr<CharSet> set_;
};

}  // namespace

Napi::Function defineCharSet(Napi::Env env) { return CharSetObject::define(env); }

}  // namespace tok

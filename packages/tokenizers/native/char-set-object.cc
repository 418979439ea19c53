#include "char-set-object.h"

#include <memory>

#include "arguments.h"
#include "array-from.h"
#include "char-set.h"
#include "guarded.h"
#include "task.h"

namespace tok {

namespace {

/** Its work runs between JavaScript calls, so the set lives as long as either needs it. */
class CharSetObject : public GuardedObject<CharSetObject> {
 public:
  explicit CharSetObject(const Napi::CallbackInfo& info)
      : GuardedObject(info), set_(guarded(info.Env(), [&] {
          return std::make_shared<CharSet>(threadsFrom(info[0]), info[1].ToBoolean());
        })) {}

  static Napi::Function define(Napi::Env env) {
    return DefineClass(
        env, "CharSet",
        {method<&CharSetObject::countFiles>("countFiles"), method<&CharSetObject::countDocuments>("countDocuments"),
         method<&CharSetObject::points>("points"), method<&CharSetObject::progress>("progress"),
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

  Napi::Value points(const Napi::CallbackInfo& info) { return arrayFrom<uint32_t>(info.Env(), set_->points()); }

  Napi::Value progress(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(set_->bytes.load()));
  }

  void cancel(const Napi::CallbackInfo&) { set_->cancelled = true; }

  std::shared_ptr<CharSet> set_;
};

}  // namespace

Napi::Function defineCharSet(Napi::Env env) { return CharSetObject::define(env); }

}  // namespace tok

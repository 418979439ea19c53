#pragma once

#include <napi.h>

#include "failure.h"

namespace tok {

inline Napi::Error errorOf(Napi::Env env, const Failure& failure) {
  Napi::Error error = Napi::Error::New(env, failure.message);
  error.Value().Set("code", failure.code);
  return error;
}

/** Runs a body; what C++ throws leaves it as a JS error with a code, and never ends the process. */
template <typename Body>
auto guarded(Napi::Env env, Body&& body) {
  try {
    return body();
  } catch (const Napi::Error&) {
    throw;
  } catch (const std::exception& error) {
    throw errorOf(env, failureOf(error));
  }
}

/** Resolves a promise to what a body gives, or rejects it with what it throws. */
template <typename Body>
void settle(Napi::Env env, const Napi::Promise::Deferred& deferred, Body&& body) {
  try {
    deferred.Resolve(guarded(env, body));
  } catch (const Napi::Error& error) {
    deferred.Reject(error.Value());
  }
}

/** An object with guarded methods. */
template <typename Self>
class GuardedObject : public Napi::ObjectWrap<Self> {
 public:
  using Napi::ObjectWrap<Self>::ObjectWrap;

 protected:
  template <Napi::Value (Self::*body)(const Napi::CallbackInfo&)>
  static auto method(const char* name) {
    return Self::InstanceMethod(name, static_cast<Method>(&GuardedObject::template call<body>));
  }

 private:
  using Method = Napi::Value (Self::*)(const Napi::CallbackInfo&);

  template <Method body>
  Napi::Value call(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&] { return (static_cast<Self*>(this)->*body)(info); });
  }
};

}  // namespace tok

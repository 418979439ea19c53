#pragma once

#include <napi.h>

#include <functional>
#include <string>

#include "failure.h"

namespace tok {

/** Runs `work` off the JavaScript thread; the promise resolves to what `finish`, back on it, makes of the outcome. */
class Task : public Napi::AsyncWorker {
 public:
  using Work = std::function<void()>;
  using Finish = std::function<Napi::Value(Napi::Env)>;

  static Napi::Promise run(Napi::Env env, Work work, Finish finish) {
    auto* task = new Task(env, std::move(work), std::move(finish));
    const Napi::Promise promise = task->deferred_.Promise();
    task->Queue();
    return promise;
  }

 private:
  Task(Napi::Env env, Work work, Finish finish)
      : AsyncWorker(env), deferred_(env), work_(std::move(work)), finish_(std::move(finish)) {}

  void Execute() override {
    try {
      work_();
    } catch (const std::exception& error) {
      const auto [code, message] = failureOf(error);
      code_ = code;
      SetError(message);
    }
  }

  void OnOK() override { deferred_.Resolve(finish_(Env())); }

  void OnError(const Napi::Error& error) override {
    error.Value().Set("code", code_);
    deferred_.Reject(error.Value());
  }

  Napi::Promise::Deferred deferred_;
  Work work_;
  Finish finish_;
  std::string code_;
};

}  // namespace tok

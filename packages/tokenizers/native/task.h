#pragma once

#include <napi.h>

#include <functional>
#include <optional>

#include "guarded.h"

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
      failure_ = failureOf(error);
    }
  }

  void OnOK() override {
    settle(Env(), deferred_, [&] {
      if (failure_) throw errorOf(Env(), *failure_);
      return finish_(Env());
    });
  }

  Napi::Promise::Deferred deferred_;
  Work work_;
  Finish finish_;
  std::optional<Failure> failure_;
};

}  // namespace tok

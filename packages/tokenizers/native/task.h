#pragma once

#include <napi.h>

#include <functional>
#include <new>
#include <string>
#include <system_error>

#include "bpe-train.h"

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
    } catch (const Cancelled&) {
      fail("CANCELLED", "cancelled");
    } catch (const std::bad_alloc&) {
      fail("MEMORY", "out of memory");
    } catch (const std::system_error& error) {
      fail("FILE", error.what());
    } catch (const std::exception& error) {
      fail("NATIVE", error.what());
    }
  }

  void OnOK() override { deferred_.Resolve(finish_(Env())); }

  void OnError(const Napi::Error& error) override {
    error.Value().Set("code", code_);
    deferred_.Reject(error.Value());
  }

  void fail(const char* code, const std::string& message) {
    code_ = code;
    SetError(message);
  }

  Napi::Promise::Deferred deferred_;
  Work work_;
  Finish finish_;
  std::string code_;
};

}  // namespace tok

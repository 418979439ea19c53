#pragma once

#include <napi.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "../failure.h"
#include "sentences.h"

namespace tok {

/**
 * A training on a thread of its own: it may wait for texts from JavaScript, and a waiting thread of the pool could keep
 * JavaScript from reading them. Lives until that thread has ended, also when the environment ends first.
 */
class Training {
 public:
  using Options = std::unordered_map<std::string, std::string>;

  /** `files`: null when texts are pushed. */
  static std::shared_ptr<Training> start(Napi::Env env, Options options,
                                         std::unique_ptr<std::vector<std::string>> files, size_t maxSentenceBytes);

  /** Resolves to the bytes of the model; valid in the call that started the training. */
  Napi::Promise promise() const { return deferred_.Promise(); }
  /** Resolves when there is room for more, or when no more is wanted. */
  Napi::Promise push(Napi::Env env, Documents documents);
  void end() { pushed_.end(); }
  void cancel();
  const TrainingState& state() const { return state_; }

 private:
  Training(Napi::Env env, Options options, std::unique_ptr<std::vector<std::string>> files, size_t maxSentenceBytes);
  void run();
  void train();
  void finish(Napi::Env env);
  void admit(Napi::Env env);

  TrainingState state_;
  PushedTexts pushed_;
  const Options options_;
  const std::unique_ptr<std::vector<std::string>> files_;
  const size_t maxSentenceBytes_;
  Napi::Promise::Deferred deferred_;
  std::vector<Napi::Promise::Deferred> waiting_;
  bool finished_ = false;  // read and written by JavaScript's thread alone, as the two above
  Napi::ThreadSafeFunction toJavaScript_;
  std::thread thread_;
  std::string model_;
  std::optional<Failure> failure_;
};

}  // namespace tok

#include "training.h"

#include "../array-from.h"
#include "../guarded.h"
#include "model.h"

namespace tok {

Training::Training(Napi::Env env, Options options, std::unique_ptr<std::vector<std::string>> files,
                   size_t maxSentenceBytes)
    : pushed_(state_, [this] { toJavaScript_.NonBlockingCall([this](Napi::Env env, Napi::Function) { admit(env); }); }),
      options_(std::move(options)),
      files_(std::move(files)),
      maxSentenceBytes_(maxSentenceBytes),
      deferred_(env) {}

std::shared_ptr<Training> Training::start(Napi::Env env, Options options,
                                          std::unique_ptr<std::vector<std::string>> files, size_t maxSentenceBytes) {
  std::shared_ptr<Training> training(new Training(env, std::move(options), std::move(files), maxSentenceBytes));
  // The finalizer holds the training; it runs after the thread's last call, or when the environment ends.
  training->toJavaScript_ = Napi::ThreadSafeFunction::New(
      env, Napi::Function::New(env, [](const Napi::CallbackInfo&) {}), "sentencepiece", 0, 1, [training](Napi::Env) {
        training->cancel();
        if (training->thread_.joinable()) training->thread_.join();
      });
  try {
    training->thread_ = std::thread([raw = training.get()] { raw->run(); });
  } catch (const std::exception&) {
    training->toJavaScript_.Release();
    throw Napi::Error::New(env, "no thread to train on");
  }
  return training;
}

void Training::run() {
  LogListener::current = &state_;
  try {
    train();
  } catch (const std::exception& error) {
    failure_ = failureOf(error);
  }
  LogListener::current = nullptr;
  toJavaScript_.BlockingCall([this](Napi::Env env, Napi::Function) { finish(env); });
  toJavaScript_.Release();
}

void Training::train() {
  std::unique_ptr<FileTexts> fromFiles;
  if (files_ != nullptr) fromFiles = std::make_unique<FileTexts>(*files_);
  Texts& texts = fromFiles != nullptr ? static_cast<Texts&>(*fromFiles) : pushed_;
  Sentences sentences(texts, state_, maxSentenceBytes_);
  if (sentences.done()) {
    failure_ = {"EMPTY", "there is no sentence"};
    return;
  }
  const absl::Status status = sentencepiece::SentencePieceTrainer::Train(options_, &sentences, &model_);
  state_.check();
  throwUnlessOk(status);
}

void Training::finish(Napi::Env env) {
  finished_ = true;
  admit(env);
  settle(env, deferred_, [&] {
    if (failure_) throw errorOf(env, *failure_);
    return arrayFrom<uint8_t>(env, model_);
  });
}

void Training::admit(Napi::Env env) {
  for (const auto& one : waiting_) one.Resolve(env.Undefined());
  waiting_.clear();
}

Napi::Promise Training::push(Napi::Env env, Documents documents) {
  const Napi::Promise::Deferred room(env);
  if (finished_ || pushed_.push(std::move(documents))) {
    room.Resolve(env.Undefined());
  } else {
    waiting_.push_back(room);
  }
  return room.Promise();
}

void Training::cancel() {
  state_.cancelled = true;
  pushed_.wake();
}

}  // namespace tok

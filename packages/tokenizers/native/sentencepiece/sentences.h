#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "../documents.h"
#include "hooks.h"
#include "sentencepiece_trainer.h"

namespace tok {

/** A training, as its own thread and the one that watches it see it. */
struct TrainingState final : LogListener {
  std::atomic<bool> cancelled{false};
  std::atomic<uint64_t> bytes{0}, sentences{0}, pieces{0};
  std::atomic<uint64_t> tooLong{0}, tooLongBytes{0};    // lines that are not learned from, for their length
  std::atomic<uint64_t> reserved{0}, reservedBytes{0};  // and for a character that the library has for itself
  std::atomic<int> phase{0};                            // 0: reads sentences, 1: learns pieces

  /** Throws Cancelled when it is time, and what a thread of the library's threw. */
  void check() const;
  /** Learns from the library's log how far the training is. */
  void said(const std::string& line) override;
  void failed(std::exception_ptr failure) override;

 private:
  mutable std::mutex mutex_;
  std::exception_ptr failure_;
};

/** Texts in chunks. */
class Texts {
 public:
  virtual ~Texts() = default;
  /** The next chunk, valid until the next call, and whether its text ends with it; false when there is no more. */
  virtual bool next(std::string_view& chunk, bool& endsText) = 0;
};

/** Files, read a megabyte at a time. */
class FileTexts final : public Texts {
 public:
  explicit FileTexts(const std::vector<std::string>& paths) : paths_(paths) {}
  ~FileTexts() override;
  bool next(std::string_view& chunk, bool& endsText) override;

 private:
  const std::vector<std::string>& paths_;
  std::vector<char> buffer_;
  size_t nextPath_ = 0;
  int fd_ = -1;
};

/** Documents pushed by another thread while the training takes them. */
class PushedTexts final : public Texts {
 public:
  /** `room` is called, on the training's thread, when little is left in the queue. */
  PushedTexts(const TrainingState& state, std::function<void()> room) : state_(state), room_(std::move(room)) {}
  bool next(std::string_view& chunk, bool& endsText) override;
  /** Returns true if there is room for more. */
  bool push(Documents documents);
  void end();
  void wake() { changed_.notify_all(); }

 private:
  static constexpr size_t kRoom = 16 << 20;  // bytes

  const TrainingState& state_;
  const std::function<void()> room_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Documents> queue_;
  size_t queued_ = 0;
  bool ended_ = false;
  Documents taken_;
  size_t document_ = 0;
};

/** The lines of texts, as Python's binding hands them to the library: without the carriage returns at their ends. */
class Sentences final : public sentencepiece::SentenceIterator {
 public:
  Sentences(Texts& texts, TrainingState& state, size_t maxBytes) : texts_(texts), state_(state), maxBytes_(maxBytes) {
    Next();
  }
  bool done() const override { return done_; }
  void Next() override;
  const std::string& value() const override { return value_; }
  absl::Status status() const override { return absl::OkStatus(); }

 private:
  bool readLine();

  Texts& texts_;
  TrainingState& state_;
  const size_t maxBytes_;  // the library skips longer ones; knowing it here, no line needs to be in memory whole
  std::string value_;
  std::string_view chunk_;
  bool endsText_ = false;
  bool tooLong_ = false;
  size_t lineBytes_ = 0;
  bool done_ = false;
};

}  // namespace tok

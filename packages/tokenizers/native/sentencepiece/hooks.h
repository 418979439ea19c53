#pragma once

// Included before each source of the library. Its log lines go to the training under way on this thread instead of to
// stderr; that is how a training tells how far it is and how it is cancelled. A failed check is an exception instead of
// the end of the process, and so is what its own threads throw. And the generator that it draws sentences with gives
// the same ones in every process, where Abseil's is salted on purpose.

#include <cstddef>
#include <exception>
#include <functional>
#include <random>
#include <sstream>
#include <stdexcept>

#include "third_party/absl/functional/any_invocable.h"
#include "third_party/absl/log/check.h"
#include "third_party/absl/log/log.h"
#include "third_party/absl/random/random.h"

namespace tok {

/** Listener of a training on this thread; null elsewhere, such as on the library's own threads. */
class LogListener {
 public:
  virtual ~LogListener() = default;
  /** May throw, to stop the training. */
  virtual void said(const std::string& line) = 0;
  /** A thread that the library started for this training has thrown something. */
  virtual void failed(std::exception_ptr failure) = 0;
  static thread_local LogListener* current;
};

class LogLine {
 public:
  ~LogLine() noexcept(false) {
    if (LogListener::current != nullptr) LogListener::current->said(text_.str());
  }
  template <typename T>
  LogLine& operator<<(const T& value) {
    if (LogListener::current != nullptr) text_ << value;
    return *this;
  }

 private:
  std::ostringstream text_;
};

class CheckFailure {
 public:
  explicit CheckFailure(const char* condition) { text_ << condition << " does not hold "; }
  [[noreturn]] ~CheckFailure() noexcept(false) { throw std::logic_error(text_.str()); }
  template <typename T>
  CheckFailure& operator<<(const T& value) {
    text_ << value;
    return *this;
  }

 private:
  std::ostringstream text_;
};

/** A task for a thread of the library's. */
class PoolTask {
 public:
  PoolTask(std::nullptr_t = nullptr) {}
  PoolTask(std::function<void()> body) : body_(std::move(body)), listener_(LogListener::current) {}
  void operator()() const {
    try {
      body_();
    } catch (...) {
      if (listener_ == nullptr) throw;
      listener_->failed(std::current_exception());
    }
  }
  bool operator==(std::nullptr_t) const { return body_ == nullptr; }

 private:
  std::function<void()> body_;
  LogListener* listener_ = nullptr;
};

class Generator : public std::mt19937_64 {
 public:
  Generator() = default;
  explicit Generator(std::seed_seq&& seeds) : std::mt19937_64(seeds) {}
};

}  // namespace tok

namespace absl {
using ::tok::Generator;
template <typename>
using PoolTask = ::tok::PoolTask;
}  // namespace absl
#define BitGen Generator
#define AnyInvocable PoolTask

#undef LOG
#define LOG(severity) ::tok::LogLine()
#undef CHECK
#define CHECK(condition) \
  switch (0)             \
  default:               \
    if (condition) {     \
    } else               \
      ::tok::CheckFailure(#condition)
#undef CHECK_OK
#define CHECK_OK(status) CHECK((status).ok())
#undef CHECK_EQ
#define CHECK_EQ(a, b) CHECK((a) == (b))
#undef CHECK_GE
#define CHECK_GE(a, b) CHECK((a) >= (b))
#undef CHECK_GT
#define CHECK_GT(a, b) CHECK((a) > (b))
#undef CHECK_LE
#define CHECK_LE(a, b) CHECK((a) <= (b))
#undef CHECK_LT
#define CHECK_LT(a, b) CHECK((a) < (b))
#undef CHECK_NE
#define CHECK_NE(a, b) CHECK((a) != (b))

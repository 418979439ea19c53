#pragma once

#include <exception>
#include <new>
#include <string>
#include <system_error>

namespace tok {

struct Cancelled : std::exception {
  const char* what() const noexcept override { return "cancelled"; }
};

/** A normalizer makes more of a text than its Budget allows. */
struct TooLong : std::exception {
  const char* what() const noexcept override {
    return "the tokenizer's normalizer makes more of a text than it may: 32 times its bytes and 1,024 more, and 4 GiB";
  }
};

/** An exception as JavaScript gets it: a code for programs, a message for people. */
struct Failure {
  const char* code;
  std::string message;
};

inline Failure failureOf(const std::exception& error) {
  if (dynamic_cast<const Cancelled*>(&error)) return {"CANCELLED", error.what()};
  if (dynamic_cast<const TooLong*>(&error)) return {"TOO_LONG", error.what()};
  if (dynamic_cast<const std::bad_alloc*>(&error)) return {"MEMORY", "there is not enough memory"};
  if (dynamic_cast<const std::system_error*>(&error)) return {"FILE", error.what()};
  return {"NATIVE", error.what()};
}

}  // namespace tok

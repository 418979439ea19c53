#pragma once
#include <c10/util/Exception.h>
#include <node_api.h>

#include <exception>
#include <new>
#include <string>
#include <vector>

namespace trainer {

struct Session;

/** Thrown for what the caller did wrong; arrives in JavaScript as a TorchError with this code. */
class Refusal : public std::exception {
 public:
  Refusal(const char* code, std::string message) : code_(code), message_(std::move(message)) {}
  const char* code() const { return code_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  const char* code_;
  std::string message_;
};

/** JavaScript threw while we read a value (a getter, a proxy): its own error propagates. */
class Pending : public std::exception {};

/** A call of Node-API that must succeed. */
void check(napi_env env, napi_status status);

using Shapes = std::vector<std::vector<int64_t>>;

/** Throws a TorchError into JavaScript. `shapes` are those of the operator's tensors, where it had any. */
void throwTorchError(Session& session, const char* code, const std::string& op, const std::string& message,
                     const Shapes* shapes);

/** SHAPE, OUT_OF_MEMORY, ... by libtorch's error. */
const char* codeOf(const c10::Error& error);

/** Runs a body; any C++ exception leaves as a JS error that names its operator. `shapes()` is called only then. */
template <typename Body, typename ShapesOf>
napi_value guarded(Session& session, const std::string& op, Body&& body, ShapesOf&& shapesOf) noexcept {
  try {
    try {
      return body();
    } catch (const Pending&) {
      return nullptr;
    } catch (const Refusal& e) {
      throwTorchError(session, e.code(), op, e.what(), nullptr);
    } catch (const c10::Error& e) {
      const Shapes shapes = shapesOf();
      throwTorchError(session, codeOf(e), op, e.what_without_backtrace(), &shapes);
    } catch (const std::bad_alloc&) {
      throwTorchError(session, "OUT_OF_MEMORY", op, "there is not enough memory", nullptr);
    } catch (const std::exception& e) {
      const Shapes shapes = shapesOf();
      throwTorchError(session, "OPERATOR", op, e.what(), &shapes);
    }
  } catch (...) {
    throwTorchError(session, "OUT_OF_MEMORY", op, "there is not enough memory to report an error", nullptr);
  }
  return nullptr;
}

template <typename Body>
napi_value guarded(Session& session, const std::string& op, Body&& body) noexcept {
  return guarded(session, op, std::forward<Body>(body), [] { return Shapes{}; });
}
}  // namespace trainer

#include "guard.h"

#include <cstring>

#include "convert.h"
#include "session.h"

namespace trainer {

void check(napi_env env, napi_status status) {
  if (status == napi_ok) return;
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (pending) throw Pending();
  const napi_extended_error_info* info = nullptr;
  napi_get_last_error_info(env, &info);
  throw Refusal("ARGUMENT", info && info->error_message ? info->error_message : "JavaScript refused the call");
}

namespace {
/**
 * libtorch's sentence without its stack, and without the operator's name where it begins with it ("mm: ", "mm(): ").
 */
std::string sentence(const std::string& op, const std::string& message) {
  std::string text = message.substr(0, message.find("\nException raised from"));
  const size_t colons = op.rfind("::");
  const std::string base = colons == std::string::npos ? op : op.substr(colons + 2, op.find('.', colons) - colons - 2);
  for (const char* end : {": ", "(): "}) {
    if (text.rfind(base + end, 0) == 0) return text.substr(base.size() + std::strlen(end));
  }
  return text;
}

napi_value shapesValue(napi_env env, const Shapes& shapes) {
  napi_value list;
  check(env, napi_create_array_with_length(env, shapes.size(), &list));
  for (size_t i = 0; i < shapes.size(); ++i) {
    check(env, napi_set_element(env, list, static_cast<uint32_t>(i), toArray(env, shapes[i])));
  }
  return list;
}
}  // namespace

const char* codeOf(const c10::Error& error) {
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error)) return "OUT_OF_MEMORY";
  const std::string text = error.what_without_backtrace();
  const auto has = [&](const char* part) { return text.find(part) != std::string::npos; };
  if (has("can't allocate memory") || has("not enough memory") || has("out of memory")) return "OUT_OF_MEMORY";
  if (has("Storage size calculation overflowed") || has("numel: integer multiplication overflow")) {
    return "OUT_OF_MEMORY";
  }
  if (has("shape") || has("size") || has("imension")) return "SHAPE";
  return "OPERATOR";
}

void throwTorchError(Session& session, const char* code, const std::string& op, const std::string& message,
                     const Shapes* shapes) {
  napi_env env = session.env;
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (pending) return;
  const std::string text = op + ": " + sentence(op, message);
  napi_value ctor, error, args[4];
  if (session.errorClass && napi_get_reference_value(env, session.errorClass, &ctor) == napi_ok &&
      napi_create_string_utf8(env, code, NAPI_AUTO_LENGTH, &args[0]) == napi_ok &&
      napi_create_string_utf8(env, text.data(), text.size(), &args[1]) == napi_ok &&
      napi_create_string_utf8(env, op.data(), op.size(), &args[2]) == napi_ok &&
      napi_get_undefined(env, &args[3]) == napi_ok) {
    if (shapes && !shapes->empty()) args[3] = shapesValue(env, *shapes);
    if (napi_new_instance(env, ctor, 4, args, &error) == napi_ok) {
      napi_throw(env, error);
      return;
    }
    return;  // the constructor threw: that error is pending
  }
  napi_throw_error(env, code, text.c_str());
}
}  // namespace trainer

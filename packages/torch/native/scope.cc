#include "convert.h"
#include "guard.h"
#include "session.h"

namespace trainer {
namespace {
/** scopeBegin() -> its depth */
napi_value scopeBegin(Session& session, napi_value*, size_t) {
  session.scopes.emplace_back();
  return fromInt(session.env, static_cast<int64_t>(session.scopes.size()));
}

/** scopeEnd(keep): frees what the innermost scope made but the handles in `keep`, which pass to the scope around it. */
napi_value scopeEnd(Session& session, napi_value* argv, size_t argc) {
  if (session.scopes.empty()) throw Refusal("ARGUMENT", "no scope is open");
  std::vector<int64_t> keep(argc > 0 ? arrayLength(session.env, argv[0]) : 0);
  for (uint32_t i = 0; i < keep.size(); ++i) keep[i] = handleIn(session.env, elementOf(session.env, argv[0], i));
  const auto depth = static_cast<uint32_t>(session.scopes.size());
  const std::vector<int64_t> made = std::move(session.scopes.back());
  session.scopes.pop_back();
  for (const int64_t handle : keep) {
    if (session.tensors.scope(handle) != depth) continue;
    session.tensors.setScope(handle, depth - 1);
    if (depth > 1) {
      session.scopes.back().push_back(handle);
    } else {
      session.own(handle);
    }
  }
  for (const int64_t handle : made) {
    if (session.tensors.scope(handle) == depth) session.tensors.erase(handle);
  }
  return undefinedValue(session.env);
}

/** keep(handle): no scope frees it any more. */
napi_value keep(Session& session, napi_value* argv, size_t argc) {
  if (argc < 1) throw Refusal("ARGUMENT", "expected a Tensor");
  session.tensor(argv[0]);
  const int64_t handle = handleIn(session.env, argv[0]);
  session.tensors.setScope(handle, 0);
  session.own(handle);
  return undefinedValue(session.env);
}

napi_value dispose(Session& session, napi_value* argv, size_t argc) {
  const bool erased = argc > 0 && session.tensors.erase(handleIn(session.env, argv[0]));
  session.tellCollector();
  return fromBool(session.env, erased);
}

napi_value liveTensors(Session& session, napi_value*, size_t) {
  return fromInt(session.env, static_cast<int64_t>(session.tensors.live()));
}
}  // namespace

void defineScopes(Session& session, napi_value exports) {
  define(session, exports, "scopeBegin", scopeBegin);
  define(session, exports, "scopeEnd", scopeEnd);
  define(session, exports, "keep", keep);
  define(session, exports, "dispose", dispose);
  define(session, exports, "liveTensors", liveTensors);
}
}  // namespace trainer

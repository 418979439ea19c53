#include "session.h"

#include <torch/csrc/autograd/grad_mode.h>

#include "convert.h"
#include "guard.h"
#include "operator.h"

namespace trainer {
/** A function that JavaScript calls, as `define` was given it. */
struct Definition {
  Session& session;
  std::string name;
  Callback body;
};

namespace {
constexpr size_t kMaxArity = 8;

napi_value callDefinition(napi_env env, napi_callback_info info) {
  napi_value argv[kMaxArity];
  size_t argc = kMaxArity;
  void* data = nullptr;
  if (napi_get_cb_info(env, info, &argc, argv, nullptr, &data) != napi_ok) return nullptr;
  auto& definition = *static_cast<Definition*>(data);
  return guarded(definition.session, definition.name,
                 [&] { return definition.body(definition.session, argv, argc < kMaxArity ? argc : kMaxArity); });
}

int64_t handleOf(napi_env env, napi_value value, const char* what) {
  double handle;
  if (napi_get_value_double(env, value, &handle) != napi_ok) {
    throw Refusal("ARGUMENT", std::string("expected a ") + what + ", got " + describe(env, value));
  }
  return handleIn(env, value);
}
}  // namespace

int64_t handleIn(napi_env env, napi_value value) {
  double handle;
  if (napi_get_value_double(env, value, &handle) != napi_ok) return 0;
  return handle >= 0 && handle < 9007199254740992.0 ? static_cast<int64_t>(handle) : 0;
}

Session::Session(napi_env env) : env(env) {}

Session::~Session() {
  if (errorClass) napi_delete_reference(env, errorClass);
}

napi_value Session::wrap(at::Tensor tensor) {
  napi_value result;
  if (!tensor.defined()) {
    check(env, napi_get_null(env, &result));
    return result;
  }
  const auto scope = static_cast<uint32_t>(scopes.size());
  const int64_t handle = tensors.insert(std::move(tensor), scope);
  if (handle == 0)
    throw Refusal("OUT_OF_MEMORY", "there are 16777216 live tensors, the most there can be; use scope()");
  if (scope > 0) {
    scopes.back().push_back(handle);
  } else {
    own(handle);
  }
  check(env, napi_create_double(env, static_cast<double>(handle), &result));
  return result;
}

void Session::own(int64_t handle) {
  const at::Tensor* t = tensors.find(handle);
  // Views share their storage: only who holds it alone is what keeps it.
  if (t && t->has_storage() && t->is_cpu() && t->storage().use_count() == 1) {
    tensors.report(handle, static_cast<int64_t>(t->storage().nbytes()));
    tellCollector();
  }
}

void Session::tellCollector() {
  constexpr int64_t kBatch = 4 << 20;
  if (const int64_t delta = tensors.takeUnreported(kBatch)) {
    int64_t total;
    napi_adjust_external_memory(env, delta, &total);
  }
}

at::Tensor& Session::tensor(napi_value value) {
  if (at::Tensor* found = tensors.find(handleOf(env, value, "Tensor"))) return *found;
  throw Refusal("DISPOSED", "the tensor is disposed: its scope ended, or dispose() was called");
}

at::Generator& Session::generator(napi_value value) {
  if (at::Generator* found = generators.find(handleOf(env, value, "Generator"))) return *found;
  throw Refusal("DISPOSED", "the generator is disposed");
}

void define(Session& session, napi_value exports, const char* name, Callback body) {
  napi_env env = session.env;
  session.definitions.push_back(std::unique_ptr<Definition>(new Definition{session, name, body}));
  void* definition = session.definitions.back().get();
  napi_value function;
  check(env, napi_create_function(env, name, NAPI_AUTO_LENGTH, callDefinition, definition, &function));
  check(env, napi_set_named_property(env, exports, name, function));
}
}  // namespace trainer

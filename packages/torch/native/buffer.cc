#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <cstring>
#include <memory>

#include "convert.h"
#include "guard.h"
#include "session.h"

namespace trainer {
namespace {
struct Bytes {
  void* data;
  size_t length;  // elements
  size_t bytes;
};

Bytes typedArray(napi_env env, napi_value value) {
  bool is = false;
  check(env, napi_is_typedarray(env, value, &is));
  if (!is) throw Refusal("ARGUMENT", "expected a typed array, got " + describe(env, value));
  napi_typedarray_type type;
  size_t length = 0, offset = 0;
  void* data = nullptr;
  napi_value buffer;
  check(env, napi_get_typedarray_info(env, value, &type, &length, &data, &buffer, &offset));
  size_t width = 1;
  switch (type) {
    case napi_int16_array:
    case napi_uint16_array:
      width = 2;
      break;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array:
      width = 4;
      break;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array:
      width = 8;
      break;
    default:
      break;
  }
  if (length > 0 && !data) throw Refusal("ARGUMENT", "the typed array's buffer is detached");
  return {data, length, length * width};
}

/** fromBytes(typed array, shape, dtype): copies. */
napi_value fromBytes(Session& session, napi_value* argv, size_t argc) {
  napi_env env = session.env;
  if (argc < 3) throw Refusal("ARGUMENT", "expected a typed array, a shape and a dtype");
  const std::vector<int64_t> shape = toInts(env, argv[1]);
  const c10::ScalarType type = toScalarType(env, argv[2]);
  at::Tensor t = at::empty(shape, at::TensorOptions().dtype(type));
  const Bytes from = typedArray(env, argv[0]);  // read last: nothing runs between this and the copy
  if (t.nbytes() != from.bytes) {
    throw Refusal("SHAPE", "the shape " + c10::str(t.sizes()) + " of " + nameOf(type) + " takes " +
                               std::to_string(t.nbytes()) + " bytes, the array has " + std::to_string(from.bytes));
  }
  if (from.bytes > 0) std::memcpy(t.data_ptr(), from.data, from.bytes);
  return session.wrap(std::move(t));
}

/** toBytes(handle, typed array): the elements in row-major order. */
napi_value toBytes(Session& session, napi_value* argv, size_t argc) {
  napi_env env = session.env;
  if (argc < 2) throw Refusal("ARGUMENT", "expected a Tensor and a typed array");
  at::Tensor t = session.tensor(argv[0]);
  if (t.device().is_meta()) throw Refusal("ARGUMENT", "a tensor on the meta device has a shape but no data");
  t = t.detach().cpu().contiguous().resolve_conj().resolve_neg();
  const Bytes to = typedArray(env, argv[1]);
  if (t.nbytes() != to.bytes) throw Refusal("SHAPE", "the array's size is not the tensor's");
  if (to.bytes > 0) std::memcpy(to.data, t.const_data_ptr(), to.bytes);
  return undefinedValue(env);
}

/**
 * memoryOf(handle) -> an ArrayBuffer over the tensor's own memory. The buffer holds the storage, so it outlives the
 * handle.
 */
napi_value memoryOf(Session& session, napi_value* argv, size_t argc) {
  napi_env env = session.env;
  if (argc < 1) throw Refusal("ARGUMENT", "expected a Tensor");
  const at::Tensor& t = session.tensor(argv[0]);
  if (!t.device().is_cpu() || !t.is_contiguous() || t.is_neg() || t.is_conj()) {
    throw Refusal("ARGUMENT", "only a contiguous tensor on the cpu shares its memory; data() copies any");
  }
  napi_value buffer;
  if (t.nbytes() == 0) {
    void* none;
    check(env, napi_create_arraybuffer(env, 0, &none, &buffer));
    return buffer;
  }
  auto* hold = new at::Tensor(t.detach());
  const napi_status status = napi_create_external_arraybuffer(
      env, hold->data_ptr(), hold->nbytes(), [](napi_env, void*, void* hint) { delete static_cast<at::Tensor*>(hint); },
      hold, &buffer);
  if (status != napi_ok) delete hold;
  check(env, status);
  return buffer;
}
}  // namespace

void defineBuffers(Session& session, napi_value exports) {
  define(session, exports, "fromBytes", fromBytes);
  define(session, exports, "toBytes", toBytes);
  define(session, exports, "memoryOf", memoryOf);
}
}  // namespace trainer

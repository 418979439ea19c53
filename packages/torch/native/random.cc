#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/core/Generator.h>

#include <mutex>

#include "convert.h"
#include "gpus.h"
#include "guard.h"
#include "session.h"

namespace trainer {
namespace {
uint64_t toSeed(napi_env env, napi_value value) {
  uint64_t seed;
  bool lossless;
  if (napi_get_value_bigint_uint64(env, value, &seed, &lossless) == napi_ok) return seed;
  return static_cast<uint64_t>(toInt(env, value));
}

const at::Generator& defaultGenerator(const c10::Device& device) {
  return at::globalContext().defaultGenerator(device);
}

napi_value manualSeed(Session& session, napi_value* argv, size_t argc) {
  if (argc < 1) throw Refusal("ARGUMENT", "expected a seed");
  const uint64_t seed = toSeed(session.env, argv[0]);
  auto cpu = defaultGenerator(at::kCPU);
  {
    std::lock_guard<std::mutex> lock(cpu.mutex());
    cpu.set_current_seed(seed);
  }
  for (int i = 0; i < Cuda::get().count(); ++i) {
    auto cuda = defaultGenerator(c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(i)));
    std::lock_guard<std::mutex> lock(cuda.mutex());
    cuda.set_current_seed(seed);
  }
  return undefinedValue(session.env);
}

/** makeGenerator(seed, device) -> handle */
napi_value makeGenerator(Session& session, napi_value* argv, size_t argc) {
  if (argc < 2) throw Refusal("ARGUMENT", "expected a seed and a device");
  const uint64_t seed = toSeed(session.env, argv[0]);
  const c10::Device device = toDevice(session.env, argv[1]);
  at::Generator generator;
  if (device.is_cpu()) {
    generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  } else if (device.is_cuda()) {
    generator = defaultGenerator(device).clone();
    generator.set_current_seed(seed);
  } else {
    throw Refusal("ARGUMENT", "a generator is on cpu or cuda, got " + device.str());
  }
  const int64_t handle = session.generators.insert(std::move(generator), 0);
  if (handle == 0) throw Refusal("OUT_OF_MEMORY", "there are too many generators");
  return fromInt(session.env, handle);
}

napi_value disposeGenerator(Session& session, napi_value* argv, size_t argc) {
  return fromBool(session.env, argc > 0 && session.generators.erase(handleIn(session.env, argv[0])));
}

at::Generator chosen(Session& session, napi_value value) {
  napi_valuetype type;
  check(session.env, napi_typeof(session.env, value, &type));
  return type == napi_string ? defaultGenerator(toDevice(session.env, value)) : session.generator(value);
}

/** getState(generator handle | device) -> a uint8 tensor */
napi_value getState(Session& session, napi_value* argv, size_t argc) {
  if (argc < 1) throw Refusal("ARGUMENT", "expected a Generator or a device");
  at::Generator generator = chosen(session, argv[0]);
  std::lock_guard<std::mutex> lock(generator.mutex());
  return session.wrap(generator.get_state());
}

/** setState(generator handle | device, uint8 tensor) */
napi_value setState(Session& session, napi_value* argv, size_t argc) {
  if (argc < 2) throw Refusal("ARGUMENT", "expected a Generator or a device, and a state");
  at::Generator generator = chosen(session, argv[0]);
  const at::Tensor state = session.tensor(argv[1]);
  std::lock_guard<std::mutex> lock(generator.mutex());
  generator.set_state(state);
  return undefinedValue(session.env);
}
}  // namespace

void defineRandom(Session& session, napi_value exports) {
  define(session, exports, "manualSeed", manualSeed);
  define(session, exports, "makeGenerator", makeGenerator);
  define(session, exports, "disposeGenerator", disposeGenerator);
  define(session, exports, "getState", getState);
  define(session, exports, "setState", setState);
}
}  // namespace trainer

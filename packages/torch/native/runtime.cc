#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <torch/csrc/api/include/torch/version.h>

#include <algorithm>
#include <array>
#include <cstdlib>  // defines __GLIBC__ where it is the C library
#include <thread>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "convert.h"
#include "gpus.h"
#include "guard.h"
#include "kernels/bf16-product.h"
#include "kernels/product-choices.h"
#include "session.h"

namespace trainer {
namespace {
/** By their number in Bf16Products. */
constexpr std::array<const char*, 3> kBf16Names{"", "tiles", "mkl"};

napi_value gradEnabled(Session& session, napi_value*, size_t) {
  return fromBool(session.env, at::GradMode::is_enabled());
}

napi_value setGradEnabled(Session& session, napi_value* argv, size_t argc) {
  at::GradMode::set_enabled(argc > 0 && toBool(session.env, argv[0]));
  return undefinedValue(session.env);
}

int toCount(Session& session, napi_value* argv, size_t argc) {
  const int64_t n = argc > 0 ? toInt(session.env, argv[0]) : 0;
  if (n < 1 || n > 4096)
    throw Refusal("ARGUMENT", "expected a number of threads from 1 to 4096, got " + std::to_string(n));
  return static_cast<int>(n);
}

napi_value releaseMemory(Session& session, napi_value*, size_t) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  return undefinedValue(session.env);
}

napi_value numThreads(Session& session, napi_value*, size_t) { return fromInt(session.env, at::get_num_threads()); }

napi_value setNumThreads(Session& session, napi_value* argv, size_t argc) {
  at::set_num_threads(toCount(session, argv, argc));
  return undefinedValue(session.env);
}

napi_value setNumInteropThreads(Session& session, napi_value* argv, size_t argc) {
  at::set_num_interop_threads(toCount(session, argv, argc));
  return undefinedValue(session.env);
}

/** autocastBegin(device, dtype | null, enabled) -> the state before, for autocastEnd */
napi_value autocastBegin(Session& session, napi_value* argv, size_t argc) {
  if (argc < 3) throw Refusal("ARGUMENT", "expected a device, a dtype and whether it is on");
  napi_env env = session.env;
  const auto device = toDevice(env, argv[0]).type();
  if (device != at::kCPU && device != at::kCUDA) throw Refusal("ARGUMENT", "autocast is for cpu and cuda");
  const c10::ScalarType type = toScalarType(env, argv[1]);
  if (type != c10::ScalarType::BFloat16 && type != c10::ScalarType::Half) {
    throw Refusal("ARGUMENT", std::string("autocast computes in bfloat16 or float16, got ") + nameOf(type));
  }
  const bool on = toBool(env, argv[2]);
  napi_value before;
  check(env, napi_create_array_with_length(env, 2, &before));
  check(env, napi_set_element(env, before, 0, fromBool(env, at::autocast::is_autocast_enabled(device))));
  check(env, napi_set_element(env, before, 1, fromString(env, nameOf(at::autocast::get_autocast_dtype(device)))));
  at::autocast::set_autocast_enabled(device, on);
  at::autocast::set_autocast_dtype(device, type);
  at::autocast::increment_nesting();
  return before;
}

/** autocastEnd(device, dtype, enabled): puts the state before back. */
napi_value autocastEnd(Session& session, napi_value* argv, size_t argc) {
  if (argc < 3) throw Refusal("ARGUMENT", "expected a device, a dtype and whether it was on");
  const auto device = toDevice(session.env, argv[0]).type();
  const c10::ScalarType type = toScalarType(session.env, argv[1]);
  const bool on = toBool(session.env, argv[2]);
  at::autocast::set_autocast_enabled(device, on);
  at::autocast::set_autocast_dtype(device, type);
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  return undefinedValue(session.env);
}

/** allowTf32(on) -> what it was: whether float32 products on a GPU, cuBLAS' and cuDNN's, may use TF32. */
napi_value allowTf32(Session& session, napi_value* argv, size_t argc) {
  const bool on = argc > 0 && toBool(session.env, argv[0]);
  auto& context = at::globalContext();
  const bool before = context.allowTF32CuBLAS();
  context.setAllowTF32CuBLAS(on);
  context.setAllowTF32CuDNN(on);
  return fromBool(session.env, before);
}

/** fastestBf16() -> the fastest kind of products in bfloat16: "tiles", "mkl", or "" where none is fast. */
napi_value fastestBf16Products(Session& session, napi_value*, size_t) {
  return fromString(session.env, kBf16Names[static_cast<size_t>(fastestBf16())]);
}

/** bf16Products(kind) -> the kind before: this thread's products on the CPU are in bfloat16 by it; "": in float32. */
napi_value setBf16Products(Session& session, napi_value* argv, size_t argc) {
  const std::string kind = argc > 0 ? toString(session.env, argv[0]) : "";
  const auto* found =
      std::find_if(kBf16Names.begin(), kBf16Names.end(), [&](const char* name) { return kind == name; });
  if (found == kBf16Names.end()) throw Refusal("ARGUMENT", "there are no products in bfloat16 by " + kind);
  const auto before = static_cast<size_t>(bf16Products());
  bf16Products() = static_cast<Bf16Products>(found - kBf16Names.begin());
  return fromString(session.env, kBf16Names[before]);
}

/** measureProducts(known | null): this thread's float32 products are measured from here on, but for known shapes. */
napi_value measureProducts(Session& session, napi_value* argv, size_t argc) {
  napi_valuetype type = napi_null;
  if (argc > 0) check(session.env, napi_typeof(session.env, argv[0], &type));
  if (type == napi_null) {
    productChoices().reset();
    return undefinedValue(session.env);
  }
  try {
    productChoices() = ProductChoices::read(toStrings(session.env, argv[0]));
  } catch (const std::invalid_argument& error) {
    throw Refusal("ARGUMENT", error.what());
  }
  return undefinedValue(session.env);
}

/** measuredProducts() -> what is known of the shapes by now; null where nothing is measured. */
napi_value measuredProducts(Session& session, napi_value*, size_t) {
  napi_value list;
  check(session.env, napi_get_null(session.env, &list));
  if (!productChoices()) return list;
  const std::vector<std::string> lines = productChoices()->written();
  check(session.env, napi_create_array_with_length(session.env, lines.size(), &list));
  for (uint32_t i = 0; i < lines.size(); ++i)
    check(session.env, napi_set_element(session.env, list, i, fromString(session.env, lines[i])));
  return list;
}

/** setDeterministic(on) -> what it was: whether operators on a GPU may only use algorithms that repeat to the bit. */
napi_value setDeterministic(Session& session, napi_value* argv, size_t argc) {
  const bool on = argc > 0 && toBool(session.env, argv[0]);
  auto& context = at::globalContext();
  const bool before = context.deterministicAlgorithms();
  context.setDeterministicAlgorithms(on, /*warn_only=*/false);
  context.setDeterministicFillUninitializedMemory(false);  // fills what is written over anyway
  context.setDeterministicCuDNN(on);
  context.setBenchmarkCuDNN(false);
  return fromBool(session.env, before);
}

/** The allocator of GPU memory; null where there is none yet. */
c10::DeviceAllocator* cudaAllocator() {
  if (!Cuda::get().available()) return nullptr;
  auto* allocator = c10::getDeviceAllocator(c10::DeviceType::CUDA);
  return allocator->initialized() ? allocator : nullptr;
}

/** cudaMemory() -> [bytes of tensors, at their peak, bytes held from the driver, at their peak] of device 0 | null */
napi_value cudaMemory(Session& session, napi_value*, size_t) {
  napi_value none;
  check(session.env, napi_get_null(session.env, &none));
  auto* allocator = cudaAllocator();
  if (!allocator) return none;
  const auto stats = allocator->getDeviceStats(0);
  const auto& allocated = stats.allocated_bytes[0];  // 0: total over all block sizes
  const auto& reserved = stats.reserved_bytes[0];
  return toArray(session.env, {allocated.current, allocated.peak, reserved.current, reserved.peak});
}

/** resetCudaPeak(): resets the peaks to the present values. */
napi_value resetCudaPeak(Session& session, napi_value*, size_t) {
  if (auto* allocator = cudaAllocator()) allocator->resetPeakStats(0);
  return undefinedValue(session.env);
}

/** cudaDevices() -> [names, bytes of memory, [major, minor] of each, why there is none | null] */
napi_value cudaDevices(Session& session, napi_value*, size_t) {
  napi_env env = session.env;
  const Cuda& cuda = Cuda::get();
  napi_value list, names, bytes, capabilities, reason;
  check(env, napi_create_array_with_length(env, 4, &list));
  check(env, napi_create_array_with_length(env, cuda.names().size(), &names));
  check(env, napi_create_array_with_length(env, cuda.bytes().size(), &bytes));
  check(env, napi_create_array_with_length(env, cuda.capabilities().size(), &capabilities));
  for (uint32_t i = 0; i < cuda.names().size(); ++i) {
    check(env, napi_set_element(env, names, i, fromString(env, cuda.names()[i])));
    check(env, napi_set_element(env, bytes, i, fromInt(env, static_cast<int64_t>(cuda.bytes()[i]))));
    const auto [major, minor] = cuda.capabilities()[i];
    check(env, napi_set_element(env, capabilities, i, toArray(env, {major, minor})));
  }
  check(env, napi_get_null(env, &reason));
  if (!cuda.available()) reason = fromString(env, cuda.reason());
  check(env, napi_set_element(env, list, 0, names));
  check(env, napi_set_element(env, list, 1, bytes));
  check(env, napi_set_element(env, list, 2, capabilities));
  check(env, napi_set_element(env, list, 3, reason));
  return list;
}

/** gpuKernels() -> [whether this project's kernels for GPUs are used, why not, on which kind of device] */
napi_value gpuKernels(Session& session, napi_value*, size_t) {
  napi_env env = session.env;
  const Cuda& cuda = Cuda::get();
  const bool there = cuda.available() || cuda.emulated();
  napi_value list;
  check(env, napi_create_array_with_length(env, 3, &list));
  check(env, napi_set_element(env, list, 0, fromBool(env, there && cuda.kernelsReason().empty())));
  check(env, napi_set_element(env, list, 1, fromString(env, there ? cuda.kernelsReason() : cuda.reason())));
  check(env, napi_set_element(env, list, 2, fromString(env, cuda.emulated() ? "cpu" : "cuda")));
  return list;
}

napi_value libtorchVersion(Session& session, napi_value*, size_t) { return fromString(session.env, TORCH_VERSION); }

napi_value cpuCapability(Session& session, napi_value*, size_t) {
  return fromString(session.env, at::get_cpu_capability());
}
}  // namespace

void defineRuntime(Session& session, napi_value exports) {
  define(session, exports, "gradEnabled", gradEnabled);
  define(session, exports, "setGradEnabled", setGradEnabled);
  define(session, exports, "releaseMemory", releaseMemory);
  define(session, exports, "numThreads", numThreads);
  define(session, exports, "setNumThreads", setNumThreads);
  define(session, exports, "setNumInteropThreads", setNumInteropThreads);
  define(session, exports, "autocastBegin", autocastBegin);
  define(session, exports, "autocastEnd", autocastEnd);
  define(session, exports, "allowTf32", allowTf32);
  define(session, exports, "fastestBf16", fastestBf16Products);
  define(session, exports, "bf16Products", setBf16Products);
  define(session, exports, "measureProducts", measureProducts);
  define(session, exports, "measuredProducts", measuredProducts);
  define(session, exports, "setDeterministic", setDeterministic);
  define(session, exports, "cudaMemory", cudaMemory);
  define(session, exports, "resetCudaPeak", resetCudaPeak);
  define(session, exports, "cudaDevices", cudaDevices);
  define(session, exports, "gpuKernels", gpuKernels);
  define(session, exports, "libtorchVersion", libtorchVersion);
  define(session, exports, "cpuCapability", cpuCapability);
}
}  // namespace trainer

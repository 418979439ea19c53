// The element types of the kernels, and what every one of them needs. NVRTC compiles this on the user's machine, where no
// CUDA headers are: conversions are instructions of sm_80 and later. Tests compile it for a CPU (emulated/emulator.h).
#pragma once

#ifdef __CUDACC_RTC__

using uint8_t = unsigned char;
using uint16_t = unsigned short;
using uint32_t = unsigned int;
using int32_t = int;
using uint64_t = unsigned long long;
using int64_t = long long;

/** Shared memory of a block, of the size that its launch requests. */
#define SHARED_MEMORY(name) extern __shared__ __align__(16) unsigned char name[]

__device__ inline uint16_t toBf16(float x) {
  uint16_t y;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(y) : "f"(x));
  return y;
}

__device__ inline uint16_t toFp16(float x) {
  uint16_t y;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y) : "f"(x));
  return y;
}

__device__ inline float fromFp16(uint16_t x) {
  float y;
  asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x));
  return y;
}

/** The hyperbolic tangent to eleven bits, in one instruction. */
__device__ inline float tanhRoughly(float x) {
  float y;
  asm("tanh.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

/** Begins to copy 16 bytes to shared memory. */
__device__ inline void copyToShared(void* to, const void* from) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(uint32_t(__cvta_generic_to_shared(to))), "l"(from));
}

/** Waits for this thread's copies. */
__device__ inline void waitForCopies() { asm volatile("cp.async.wait_all;" ::: "memory"); }

/** Vectors are read and written at their own alignment: checked where a kernel runs on a CPU. */
template <int BYTES>
__device__ inline void assertAligned(const void*) {}

#endif

#if defined(T_BF16)
struct T {
  uint16_t bits;
};
__device__ inline float toFloat(T x) { return __uint_as_float(uint32_t(x.bits) << 16); }
__device__ inline T fromFloat(float x) { return {toBf16(x)}; }
#elif defined(T_FP16)
struct T {
  uint16_t bits;
};
__device__ inline float toFloat(T x) { return fromFp16(x.bits); }
__device__ inline T fromFloat(float x) { return {toFp16(x)}; }
#else
using T = float;
#endif
__device__ inline float toFloat(float x) { return x; }

template <typename Number>
struct From;
template <>
struct From<float> {
  static __device__ inline float of(float x) { return x; }
};
#if defined(T_BF16) || defined(T_FP16)
template <>
struct From<T> {
  static __device__ inline T of(float x) { return fromFloat(x); }
};
#endif

/** N adjacent numbers, read and written at once. */
template <typename Number, int N>
struct alignas(sizeof(Number) * N) Vector {
  Number at[N];
};

template <int N, typename Number>
__device__ inline void load(const Number* from, float (&into)[N]) {
  assertAligned<sizeof(Vector<Number, N>)>(from);
  const Vector<Number, N> v = *reinterpret_cast<const Vector<Number, N>*>(from);
#pragma unroll
  for (int i = 0; i < N; ++i) into[i] = toFloat(v.at[i]);
}

template <int N, typename Number>
__device__ inline void store(Number* to, const float (&from)[N]) {
  assertAligned<sizeof(Vector<Number, N>)>(to);
  Vector<Number, N> v;
#pragma unroll
  for (int i = 0; i < N; ++i) v.at[i] = From<Number>::of(from[i]);
  *reinterpret_cast<Vector<Number, N>*>(to) = v;
}

constexpr uint32_t kAll = 0xffffffffu;

__device__ inline float warpSum(float x) {
#pragma unroll
  for (int step = 16; step > 0; step /= 2) x += __shfl_xor_sync(kAll, x, step);
  return x;
}

__device__ inline float warpMax(float x) {
#pragma unroll
  for (int step = 16; step > 0; step /= 2) x = fmaxf(x, __shfl_xor_sync(kAll, x, step));
  return x;
}

/** The sum over all threads of a block of whole warps, 1,024 at most, known to each of them. */
__device__ inline float blockSum(float x) {
  __shared__ float part[32];
  const int warp = threadIdx.x / 32, warps = blockDim.x / 32;
  x = warpSum(x);
  if (threadIdx.x % 32 == 0) part[warp] = x;
  __syncthreads();
  x = warpSum(threadIdx.x % 32 < warps ? part[threadIdx.x % 32] : 0.0f);
  __syncthreads();
  return x;
}

// Random bits as a function of seed, row and column alone, as kernels/random.h has them for CPUs: no mask is kept.
struct RowKey {
  uint32_t a, b;
};

__device__ inline RowKey rowKey(uint64_t seed, uint64_t row) {
  uint64_t z = seed + (row + 1) * 0x9e3779b97f4a7c15ull;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  z ^= z >> 31;
  return {uint32_t(z), uint32_t(z >> 32)};
}

__device__ inline uint32_t randomBits(RowKey key, uint32_t column) {
  uint32_t x = (column + key.a) * 0x9e3779b1u;
  x ^= x >> 16;
  x *= 0x21f0aaadu;
  x ^= (x >> 15) + key.b;
  x *= 0xd35a2d97u;
  x ^= x >> 15;
  return x;
}

__device__ inline uint32_t dropThreshold(float probability) {
  return uint32_t(double(probability) * 4294967296.0);
}

/**
 * State of the device's generator, as libtorch passes it (at::PhiloxCudaState): two numbers, or in a recorded graph the
 * addresses where each replay finds them.
 */
struct GeneratorState {
  uint64_t seed, offset, offsetInGraph;
  bool recorded;
};

/** A seed of its own for each call. */
__device__ inline uint64_t seedOf(const GeneratorState& s) {
  const uint64_t seed = s.recorded ? *reinterpret_cast<const uint64_t*>(s.seed) : s.seed;
  const uint64_t offset = s.recorded ? *reinterpret_cast<const uint64_t*>(s.offset) + s.offsetInGraph : s.offset;
  return seed + offset * 0xd1342543de82ef95ull;
}

// CUDA's language for a CPU, one thread at a time: kernels are compiled with it where there is no GPU, so that tests
// can run them. A block's threads are fibers that run in turn; a barrier that not all of them reach, a shuffle that a
// lane is missing from and a vector that is not aligned end with an error, where a GPU would hang or return anything.
#pragma once
#include <ucontext.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#define __device__
#define __global__
#define __grid_constant__
#define __launch_bounds__(...)
#define __shared__ static  // blocks run one after another, in one thread of the system
#define SHARED_MEMORY(name) unsigned char* const name = emulator::shared.data()

namespace emulator {

struct Place {
  unsigned x = 0, y = 0, z = 0;
};

struct Geometry {
  unsigned blocks, blocksY, threads, sharedBytes;
  bool backwards;  // threads go on from last to first: what depends on an order without a barrier shows
};

enum class State { Runs, AtBarrier, AtShuffle, Done };

struct Fiber {
  ucontext_t context{};
  std::unique_ptr<char[]> stack;
  State state = State::Runs;
  uint64_t shuffled = 0;  // how many shuffles it has been through
};

inline std::vector<unsigned char> shared;
inline std::vector<Fiber> fibers;
inline ucontext_t scheduler;
inline unsigned running;
/** Values that lanes passed to a shuffle: two sets, as a lane may be at the next one already. */
inline std::vector<std::array<uint64_t, 2>> given;
inline std::string failure;

}  // namespace emulator

inline emulator::Place threadIdx, blockIdx, blockDim, gridDim;

namespace emulator {

inline void leave(State state) {
  const unsigned own = running;
  fibers[own].state = state;
  swapcontext(&fibers[own].context, &scheduler);
}

[[noreturn]] inline void fail(const std::string& what) {
  if (failure.empty())
    failure = what + " (block " + std::to_string(blockIdx.x) + "," + std::to_string(blockIdx.y) + ", thread " +
              std::to_string(threadIdx.x) + ")";
  for (;;) leave(State::Done);
}

/** The number that lane `from` gives, `from` known to this lane; all lanes of the warp must come. */
template <typename Number>
Number exchange(uint32_t mask, Number x, unsigned from) {
  if (mask != 0xffffffffu) fail("a shuffle of some lanes");
  const unsigned own = running;
  const uint64_t parity = fibers[own].shuffled++ % 2;
  uint64_t bits = 0;
  std::memcpy(&bits, &x, sizeof(x));
  given[own][parity] = bits;
  leave(State::AtShuffle);
  std::memcpy(&x, &given[own / 32 * 32 + from][parity], sizeof(x));
  return x;
}

/** Lets threads go on that wait for one another, if all are there. */
inline bool release() {
  bool any = false;
  const auto allAre = [](size_t from, size_t to, State state, bool orDone) {
    bool some = false;
    for (size_t i = from; i < to; ++i) {
      if (fibers[i].state == state)
        some = true;
      else if (!orDone || fibers[i].state != State::Done)
        return false;
    }
    return some;
  };
  for (size_t warp = 0; warp < fibers.size(); warp += 32) {
    const size_t end = std::min(fibers.size(), warp + 32);
    if (!allAre(warp, end, State::AtShuffle, false)) continue;
    for (size_t i = warp; i < end; ++i) fibers[i].state = State::Runs;
    any = true;
  }
  if (!any && allAre(0, fibers.size(), State::AtBarrier, true)) {
    for (Fiber& fiber : fibers)
      if (fiber.state == State::AtBarrier) fiber.state = State::Runs;
    any = true;
  }
  return any;
}

template <typename Body>
void runBlock(const Geometry& g, Body& body) {
  static Body* current;
  current = &body;
  const auto entry = +[] {
    (*current)();
    for (;;) leave(State::Done);
  };
  for (unsigned i = 0; i < g.threads; ++i) {
    Fiber& fiber = fibers[i];
    getcontext(&fiber.context);
    constexpr size_t kStack = 256 << 10;
    if (!fiber.stack) fiber.stack = std::make_unique_for_overwrite<char[]>(kStack);
    fiber.context.uc_stack.ss_sp = fiber.stack.get();
    fiber.context.uc_stack.ss_size = kStack;
    fiber.context.uc_link = nullptr;
    fiber.state = State::Runs;
    fiber.shuffled = 0;
    makecontext(&fiber.context, entry, 0);
  }
  for (;;) {
    for (unsigned n = 0; n < g.threads; ++n) {
      running = g.backwards ? g.threads - 1 - n : n;
      if (fibers[running].state != State::Runs) continue;
      threadIdx.x = running;
      swapcontext(&scheduler, &fibers[running].context);
    }
    if (!failure.empty()) return;
    const bool done = std::all_of(fibers.begin(), fibers.end(), [](const Fiber& f) { return f.state == State::Done; });
    if (done) return;
    if (!release()) {
      failure = "threads wait for others that do not come: at a barrier or a shuffle that not all reach (block " +
                std::to_string(blockIdx.x) + ")";
      return;
    }
  }
}

template <typename... P>
std::string run(const Geometry& g, void (*kernel)(P...), void** arguments) {
  failure.clear();
  fibers.resize(g.threads);
  given.assign((g.threads + 31) / 32 * 32, {});
  shared.assign(g.sharedBytes + 16, 0xee);
  blockDim = {g.threads, 1, 1};
  gridDim = {g.blocks, g.blocksY, 1};
  const auto call = [&]<size_t... I>(std::index_sequence<I...>) {
    kernel(*static_cast<std::remove_cv_t<P>*>(arguments[I])...);
  };
  auto body = [&] { call(std::index_sequence_for<P...>{}); };
  for (unsigned y = 0; y < g.blocksY; ++y) {
    for (unsigned x = 0; x < g.blocks && failure.empty(); ++x) {
      blockIdx = {x, y, 0};
      runBlock(g, body);
    }
  }
  return failure;
}

}  // namespace emulator

inline void __syncthreads() { emulator::leave(emulator::State::AtBarrier); }

template <typename Number>
Number __shfl_xor_sync(uint32_t mask, Number x, int step) {
  return emulator::exchange(mask, x, (emulator::running % 32) ^ static_cast<unsigned>(step));
}
template <typename Number>
Number __shfl_sync(uint32_t mask, Number x, int lane) {
  return emulator::exchange(mask, x, static_cast<unsigned>(lane) % 32);
}
template <typename Number>
Number __shfl_up_sync(uint32_t mask, Number x, int step) {
  const auto lane = static_cast<int>(emulator::running % 32);
  return emulator::exchange(mask, x, static_cast<unsigned>(lane >= step ? lane - step : lane));
}
inline uint32_t __ballot_sync(uint32_t mask, bool x) {
  uint32_t all = 0;
  const uint32_t own = x ? 1u << emulator::running % 32 : 0;
  all = own;
  for (int step = 16; step > 0; step /= 2) all |= __shfl_xor_sync(mask, all, step);
  return all;
}

inline int __ffs(int x) { return x == 0 ? 0 : std::countr_zero(static_cast<unsigned>(x)) + 1; }
inline float __expf(float x) { return std::exp(x); }
inline float __fdividef(float a, float b) { return a / b; }
inline float __uint_as_float(uint32_t x) { return std::bit_cast<float>(x); }
inline uint32_t __float_as_uint(float x) { return std::bit_cast<uint32_t>(x); }
inline float rsqrtf(float x) { return 1.0f / std::sqrt(x); }
inline uint32_t __byte_perm(uint32_t a, uint32_t b, uint32_t select) {
  const uint64_t both = static_cast<uint64_t>(b) << 32 | a;
  uint32_t y = 0;
  for (int i = 0; i < 4; ++i) y |= static_cast<uint32_t>(both >> 8 * (select >> 4 * i & 7) & 0xff) << 8 * i;
  return y;
}
template <typename A, typename B>
auto min(A a, B b) {
  return a < b ? a : b;
}
template <typename A, typename B>
auto max(A a, B b) {
  return a > b ? a : b;
}

inline uint16_t toBf16(float x) {
  const uint32_t bits = __float_as_uint(x);
  if (x != x) return 0x7fff;
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
inline uint16_t toFp16(float x) { return std::bit_cast<uint16_t>(static_cast<_Float16>(x)); }
inline float fromFp16(uint16_t x) { return static_cast<float>(std::bit_cast<_Float16>(x)); }
inline float tanhRoughly(float x) { return std::tanh(x); }
inline void copyToShared(void* to, const void* from) { std::memcpy(to, from, 16); }
inline void waitForCopies() {}

template <int BYTES>
void assertAligned(const void* at) {
  if (reinterpret_cast<uintptr_t>(at) % BYTES != 0)
    emulator::fail("a vector that is not aligned to " + std::to_string(BYTES) + " bytes");
}

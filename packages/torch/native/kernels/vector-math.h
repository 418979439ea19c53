#pragma once
#include <cstdint>
#include <cstring>

// Straight-line scalar functions that a compiler turns into vector code inside `#pragma omp simd` loops.

namespace trainer {

template <typename To, typename From>
static inline To bitsAs(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof(to));
  return to;
}

/** e^x to 2 ulp: x = n ln 2 + r with |r| <= ln 2 / 2, a polynomial for e^r, n into the exponent. NaN stays NaN. */
static inline float expApprox(float x) {
  constexpr float kLog2e = 1.44269504088896341f;
  constexpr float kLn2High = 0.693359375f;
  constexpr float kLn2Low = -2.12194440e-4f;
  constexpr float kRound = 12582912.0f;  // 1.5 x 2^23: adding it leaves the nearest integer in the low bits
  x = x < -87.3f ? -87.3f : x;
  x = x > 88.3f ? 88.3f : x;
  const float shifted = x * kLog2e + kRound;
  const int32_t n = bitsAs<int32_t>(shifted) - bitsAs<int32_t>(kRound);
  const float whole = shifted - kRound;
  const float r = (x - whole * kLn2High) - whole * kLn2Low;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  return p * bitsAs<float>((n + 127) << 23);
}

/** tanh(x) = 1 - 2 / (e^2x + 1), to about 1e-7 absolute. */
static inline float tanhApprox(float x) { return 1.0f - 2.0f / (expApprox(2.0f * x) + 1.0f); }

}  // namespace trainer

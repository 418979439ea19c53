#include "simd.h"
#include "small-gemm.h"
#include "vector-math.h"

// One token through a layer of an LSTM, for a few sequences: reading the weights is the work, so each is read once, in
// the order in which it is stored. A sequence's result does not depend on how many there are.

namespace trainer::CPU_CAPABILITY {

namespace {

constexpr int kGates = 4;

inline float sigmoid(float x) { return 1.0f / (1.0f + expApprox(-x)); }

inline Lanes load(const float* p) { return *reinterpret_cast<const Lanes*>(p); }

inline float total(Lanes sum) {
  float part[kLanes];
  *reinterpret_cast<Lanes*>(part) = sum;
#pragma GCC unroll 4
  for (int width = kLanes / 2; width > 0; width /= 2)
    for (int i = 0; i < width; ++i) part[i] += part[i + width];
  return part[0];
}

/** `count` < kLanes floats, zeros after them. */
inline Lanes loadSome(const float* p, int64_t count) {
  float part[kLanes] = {};
  for (int64_t i = 0; i < count; ++i) part[i] = p[i];
  return load(part);
}

/** Sums in vectors to the end: a scalar's product may be rounded before it is added, or not, as the compiler pleases.
 */
template <int kRows>
struct Sums {
  Lanes lanes[kRows][kGates] = {};

  /** += the products of a unit's four rows of w, `gate` floats apart, with rows of x. */
  inline void add(const float* w, int64_t gate, const float* x, int64_t xStride, int64_t depth) {
    int64_t k = 0;
    for (; k + kLanes <= depth; k += kLanes) {
      Lanes wk[kGates];
#pragma GCC unroll 4
      for (int g = 0; g < kGates; ++g) wk[g] = load(w + g * gate + k);
#pragma GCC unroll 4
      for (int r = 0; r < kRows; ++r) {
        const Lanes xk = load(x + r * xStride + k);
#pragma GCC unroll 4
        for (int g = 0; g < kGates; ++g) lanes[r][g] += wk[g] * xk;
      }
    }
    if (k == depth) return;
    for (int r = 0; r < kRows; ++r) {
      const Lanes xk = loadSome(x + r * xStride + k, depth - k);
      for (int g = 0; g < kGates; ++g) lanes[r][g] += loadSome(w + g * gate + k, depth - k) * xk;
    }
  }
};

/** Cell and output of one sequence from its gates before their activations: one function, so that all get one rounding.
 */
__attribute__((noinline)) void activate(const LstmToken& s, const float (*gates)[kLanes], int64_t row, int64_t first,
                                        int64_t units) {
  const int64_t hidden = s.hidden;
  const float *biasIh = s.biasIh + first, *biasHh = s.biasHh + first;
  float* cell = s.cell + row * hidden + first;
  float* after = s.after + row * hidden + first;
#pragma omp simd
  for (int64_t u = 0; u < units; ++u) {
    const float i = sigmoid(gates[0][u] + biasIh[u] + biasHh[u]);
    const float f = sigmoid(gates[1][u] + biasIh[hidden + u] + biasHh[hidden + u]);
    const float g = tanhApprox(gates[2][u] + biasIh[2 * hidden + u] + biasHh[2 * hidden + u]);
    const float o = sigmoid(gates[3][u] + biasIh[3 * hidden + u] + biasHh[3 * hidden + u]);
    const float c = f * cell[u] + i * g;
    cell[u] = c;
    after[u] = o * tanhApprox(c);
  }
}

/** Rows [row, row + kRows) of units [first, first + units), at most kLanes of them. */
template <int kRows>
inline void block(const LstmToken& s, int64_t row, int64_t first, int64_t units) {
  const int64_t hidden = s.hidden;
  float gates[kRows][kGates][kLanes] = {};
  for (int64_t u = 0; u < units; ++u) {
    Sums<kRows> sums;
    sums.add(s.weightIh + (first + u) * s.inputs, hidden * s.inputs, s.input + row * s.inputs, s.inputs, s.inputs);
    sums.add(s.weightHh + (first + u) * hidden, hidden * hidden, s.before + row * hidden, hidden, hidden);
    for (int r = 0; r < kRows; ++r)
      for (int g = 0; g < kGates; ++g) gates[r][g][u] = total(sums.lanes[r][g]);
  }
  for (int r = 0; r < kRows; ++r) activate(s, gates[r], row + r, first, units);
}

}  // namespace

void lstmToken(const LstmToken& s, int64_t begin, int64_t end) {
  for (int64_t first = begin; first < end; first += kLanes) {
    const int64_t units = end - first < kLanes ? end - first : kLanes;
    int64_t r = 0;
    for (; r + 4 <= s.batch; r += 4) block<4>(s, r, first, units);
    for (; r + 2 <= s.batch; r += 2) block<2>(s, r, first, units);
    if (r < s.batch) block<1>(s, r, first, units);
  }
}

}  // namespace trainer::CPU_CAPABILITY

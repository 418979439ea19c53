#include <cmath>

#include "simd.h"
#include "small-gemm.h"
#include "vector-math.h"

// The recurrence of an LSTM, one step for a slice of the hidden units: the product of the state with the recurrent
// weights goes straight into gates, cell and output, while it is in the first-level cache. The weights are packed into
// panels of kPanel columns, so that a step reads its slice of them once, in order.

namespace trainer::CPU_CAPABILITY {

namespace {

/** Rows of a panel that stay in the first-level cache while all sequences are multiplied with them. */
constexpr int64_t kBlock = 256;

inline float sigmoid(float x) { return 1.0f / (1.0f + expApprox(-x)); }

/** sums (rows, cStride) = a (rows, depth) times a panel (depth, kPanel); a row's sum does not depend on the others. */
void multiplyPanel(const float* a, int64_t aStride, const float* panel, float* sums, int64_t cStride, int64_t rows,
                   int64_t depth) {
  for (int64_t k = 0; k < depth; k += kBlock) {
    const int64_t n = depth - k < kBlock ? depth - k : kBlock;
    const float* b = panel + k * kPanel;
    int64_t r = 0;
    const auto at = [&](int64_t row) { return Strided{a + row * aStride + k, aStride, 1}; };
    for (; r + 8 <= rows; r += 8) tile<8>(at(r), b, kPanel, sums + r * cStride, cStride, n, k > 0);
    for (; r + 4 <= rows; r += 4) tile<4>(at(r), b, kPanel, sums + r * cStride, cStride, n, k > 0);
    for (; r < rows; ++r) tile<1>(at(r), b, kPanel, sums + r * cStride, cStride, n, k > 0);
  }
}

/** Fetches what a panel's units have in rows of `count` vectors `step` floats apart, for use after its products. */
inline void fetch(const float* p, int64_t count, int64_t step, int64_t units) {
  for (int64_t i = 0; i < count; ++i)
    for (int64_t u = 0; u < units; u += 16) __builtin_prefetch(p + i * step + u);
}

}  // namespace

/** Units of a slice that are computed together: each has a lane in four vectors, one a gate. */
int64_t lstmUnits(bool backward) { return backward ? kPanel : kLanes; }

/** weight (4 H, H) -> for each kLanes units two panels (H, kPanel): input and forget gate, candidate and output gate.
 */
void lstmPackForward(const float* weight, float* packed, int64_t hidden, int64_t begin, int64_t end) {
  for (int64_t p = begin; p < end; ++p) {
    for (int64_t gate = 0; gate < 4; ++gate) {
      float* to = packed + (2 * p + gate / 2) * hidden * kPanel + gate % 2 * kLanes;
      for (int64_t u = 0; u < kLanes; ++u) {
        const int64_t unit = p * kLanes + u;
        const float* from = weight + (gate * hidden + unit) * hidden;
        for (int64_t k = 0; k < hidden; ++k) to[k * kPanel + u] = unit < hidden ? from[k] : 0.0f;
      }
    }
  }
}

/** weight (4 H, H) -> panels (4 H, kPanel). */
void lstmPackBackward(const float* weight, float* packed, int64_t hidden, int64_t begin, int64_t end) {
  for (int64_t p = begin; p < end; ++p) {
    float* to = packed + p * 4 * hidden * kPanel;
    for (int64_t row = 0; row < 4 * hidden; ++row) {
      const float* from = weight + row * hidden;
      for (int64_t u = 0; u < kPanel; ++u) {
        const int64_t unit = p * kPanel + u;
        to[row * kPanel + u] = unit < hidden ? from[unit] : 0.0f;
      }
    }
  }
}

void lstmForward(const LstmForward& s, float* sums, int64_t begin, int64_t end) {
  const int64_t hidden = s.hidden;
  for (int64_t p = begin; p < end; ++p) {
    const int64_t first = p * kLanes;
    const int64_t units = hidden - first < kLanes ? hidden - first : kLanes;
    const float* panel = s.packed + 2 * p * hidden * kPanel;
    for (int64_t b = 0; b < s.batch; ++b) {
      fetch(s.inputs[b] + first, 4, hidden, units);
      fetch(s.cellBefore + b * s.cellBeforeStride + first, 1, 0, units);
      fetch(s.gates + b * s.steps * 4 * hidden + first, 4, hidden, units);
      fetch(s.cell + b * s.steps * hidden + first, 1, 0, units);
      fetch(s.out + b * s.steps * hidden + first, 1, 0, units);
    }
    multiplyPanel(s.previous, s.stride, panel, sums, 2 * kPanel, s.batch, hidden);
    multiplyPanel(s.previous, s.stride, panel + hidden * kPanel, sums + kPanel, 2 * kPanel, s.batch, hidden);
    const float* bias = s.bias + first;
    for (int64_t b = 0; b < s.batch; ++b) {
      const float* in = s.inputs[b] + first;
      const float* sum = sums + b * 2 * kPanel;
      const float* before = s.cellBefore + b * s.cellBeforeStride + first;
      float* gates = s.gates + b * s.steps * 4 * hidden + first;
      float* cell = s.cell + b * s.steps * hidden + first;
      float* out = s.out + b * s.steps * hidden + first;
      float* next = s.next + b * s.stride + first;
#pragma omp simd
      for (int64_t u = 0; u < units; ++u) {
        const float i = sigmoid(in[u] + bias[u] + sum[u]);
        const float f = sigmoid(in[hidden + u] + bias[hidden + u] + sum[kLanes + u]);
        const float g = tanhApprox(in[2 * hidden + u] + bias[2 * hidden + u] + sum[2 * kLanes + u]);
        const float o = sigmoid(in[3 * hidden + u] + bias[3 * hidden + u] + sum[3 * kLanes + u]);
        const float c = f * before[u] + i * g;
        const float h = o * tanhApprox(c);
        gates[u] = i;
        gates[hidden + u] = f;
        gates[2 * hidden + u] = g;
        gates[3 * hidden + u] = o;
        cell[u] = c;
        out[u] = h;
        next[u] = h;
      }
    }
  }
}

void lstmBackward(const LstmBackward& s, float* sums, int64_t begin, int64_t end) {
  const int64_t hidden = s.hidden;
  for (int64_t p = begin; p < end; ++p) {
    const int64_t first = p * kPanel;
    const int64_t units = hidden - first < kPanel ? hidden - first : kPanel;
    for (int64_t b = 0; b < s.batch && s.gates != nullptr; ++b) {
      fetch(s.gates + b * s.steps * 4 * hidden + first, 4, hidden, units);
      fetch(s.cell + b * s.steps * hidden + first, 1, 0, units);
      fetch(s.cellBefore + b * s.cellBeforeStride + first, 1, 0, units);
      fetch(s.dOut + b * s.dOutStride + first, 1, 0, units);
      fetch(s.dGates + b * s.steps * 4 * hidden + first, 4, hidden, units);
    }
    multiplyPanel(s.later, s.stride, s.packed + p * 4 * hidden * kPanel, sums, kPanel, s.batch, 4 * hidden);
    for (int64_t b = 0; b < s.batch; ++b) {
      const float* sum = sums + b * kPanel;
      float* dh = s.dHidden + b * hidden + first;
      if (s.gates == nullptr) {  // before the first step: the gradient of the state at the start
#pragma omp simd
        for (int64_t u = 0; u < units; ++u) dh[u] = sum[u];
        continue;
      }
      const float* gates = s.gates + b * s.steps * 4 * hidden + first;
      const float* cell = s.cell + b * s.steps * hidden + first;
      const float* before = s.cellBefore + b * s.cellBeforeStride + first;
      const float* dOut = s.dOut + b * s.dOutStride + first;
      float* dc = s.dCell + b * hidden + first;
      float* dGates = s.dGates + b * s.steps * 4 * hidden + first;
      float* now = s.now + b * s.stride + first;
#pragma omp simd
      for (int64_t u = 0; u < units; ++u) {
        const float i = gates[u], f = gates[hidden + u], g = gates[2 * hidden + u], o = gates[3 * hidden + u];
        const float t = tanhApprox(cell[u]);
        const float d = dOut[u] + sum[u];
        const float dC = dc[u] + d * o * (1.0f - t * t);
        const float dI = dC * g * i * (1.0f - i);
        const float dF = dC * before[u] * f * (1.0f - f);
        const float dG = dC * i * (1.0f - g * g);
        const float dO = d * t * o * (1.0f - o);
        dc[u] = dC * f;
        dGates[u] = now[u] = dI;
        dGates[hidden + u] = now[hidden + u] = dF;
        dGates[2 * hidden + u] = now[2 * hidden + u] = dG;
        dGates[3 * hidden + u] = now[3 * hidden + u] = dO;
      }
    }
  }
}

}  // namespace trainer::CPU_CAPABILITY

#include "simd.h"

namespace trainer::CPU_CAPABILITY {

void dotRows(const float* w, const float* x, float* y, int64_t begin, int64_t end, int64_t depth) {
  for (int64_t row = begin; row < end; ++row) {
    const float* wr = w + row * depth;
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t k = 0; k < depth; ++k) sum += wr[k] * x[k];
    y[row] = sum;
  }
}

void dotColumns(const float* w, int64_t stride, const float* x, float* y, int64_t begin, int64_t end, int64_t depth) {
  int64_t k = 0;
  for (; k + 4 <= depth; k += 4) {  // four rows a pass over y
    const float *w0 = w + k * stride, *w1 = w0 + stride, *w2 = w1 + stride, *w3 = w2 + stride;
    const float x0 = x[k], x1 = x[k + 1], x2 = x[k + 2], x3 = x[k + 3];
#pragma omp simd
    for (int64_t j = begin; j < end; ++j) y[j] += x0 * w0[j] + x1 * w1[j] + x2 * w2[j] + x3 * w3[j];
  }
  for (; k < depth; ++k) {
    const float* wk = w + k * stride;
    const float xk = x[k];
#pragma omp simd
    for (int64_t j = begin; j < end; ++j) y[j] += xk * wk[j];
  }
}

}  // namespace trainer::CPU_CAPABILITY

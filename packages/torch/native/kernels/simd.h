#pragma once
#include "table.h"

// What every *.simd.cc defines, in a namespace named after the instruction set that it is compiled for: the build sets
// CPU_CAPABILITY to DEFAULT, AVX2 or AVX512. A *.simd.cc includes nothing whose inline functions other files share,
// or the linker might keep the copy that uses instructions this processor lacks.

namespace trainer::CPU_CAPABILITY {

float crossEntropyRow(float* logits, int64_t classes, int64_t target, float gradScale);
void addLayerNormForward(const float* x, const float* branch, const float* weight, const float* bias, float* h,
                         float* normed, float* mean, float* rstd, int64_t begin, int64_t end, int64_t width, float eps,
                         float dropout, uint64_t seed);
void addLayerNormBackward(const float* h, const float* weight, const float* mean, const float* rstd, const float* dSum,
                          const float* dNormed, float* dH, float* dBranch, float* dWeight, float* dBias, int64_t begin,
                          int64_t end, int64_t width, float dropout, uint64_t seed);
void addRmsNormForward(const float* x, const float* branch, const float* weight, float* h, float* normed, float* rms,
                       int64_t begin, int64_t end, int64_t width, float eps);
void addRmsNormBackward(const float* h, const float* weight, const float* rms, const float* dSum, const float* dNormed,
                        float* dH, float* dWeight, int64_t begin, int64_t end, int64_t width);
void biasGeluForward(float* x, const float* bias, float* y, int64_t begin, int64_t end, int64_t width);
void biasGeluBackward(const float* x, float* y, float* dy, float* dBias, int64_t begin, int64_t end, int64_t width);
void swigluForward(const float* inner, float* y, int64_t begin, int64_t end, int64_t width);
void swigluBackward(const float* inner, const float* dy, float* y, float* dInner, int64_t begin, int64_t end,
                    int64_t width);
void dropoutRow(const float* x, float* y, int64_t row, int64_t width, float dropout, uint64_t seed);
void columnSum(const float* x, float* sum, int64_t begin, int64_t end, int64_t width);
void dotRows(const float* w, const float* x, int64_t xStride, int64_t rows, float* y, int64_t yStride, int64_t begin,
             int64_t end, int64_t depth);
void dotColumns(const float* w, int64_t stride, const float* x, int64_t xStride, int64_t rows, float* y,
                int64_t yStride, int64_t begin, int64_t end, int64_t depth);
void dotRowsInt8(const int8_t* w, const float* scales, int64_t group, const float* x, int64_t xStride, int64_t rows,
                 float* y, int64_t yStride, int64_t begin, int64_t end, int64_t depth);
void dotRowsBf16(const uint16_t* w, const float* x, int64_t xStride, int64_t rows, float* y, int64_t yStride,
                 int64_t begin, int64_t end, int64_t depth);
void dequantizeInt8(const int8_t* w, const float* scales, int64_t group, float* out, int64_t begin, int64_t end,
                    int64_t depth);
void softmaxRow(float* x, int64_t count, float scale);
void adamw(float* param, const float* grad, float* expAvg, float* expAvgSq, int64_t count, const AdamWScalars& s);
double sumOfSquares(const float* x, int64_t count);
int64_t lstmUnits(bool backward);
void lstmPackForward(const float* weight, float* packed, int64_t hidden, int64_t begin, int64_t end);
void lstmPackBackward(const float* weight, float* packed, int64_t hidden, int64_t begin, int64_t end);
void lstmForward(const LstmForward& s, float* sums, int64_t begin, int64_t end);
void lstmBackward(const LstmBackward& s, float* sums, int64_t begin, int64_t end);
void lstmToken(const LstmToken& s, int64_t begin, int64_t end);
int64_t attentionScratch(int64_t length, int64_t headSize, bool backward);
void attentionForward(const float* q, const float* k, const float* v, float* out, float* logSumExp, float* scratch,
                      const AttentionShape& shape);
void attentionBackward(const float* q, const float* k, const float* v, const float* out, const float* dOut,
                       const float* logSumExp, float* dQ, float* dK, float* dV, float* dQWeight, float* dKWeight,
                       float* scratch, const AttentionShape& shape);
extern const Kernels table;

}  // namespace trainer::CPU_CAPABILITY

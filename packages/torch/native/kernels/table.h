#pragma once
#include <cstdint>

// The loops of the kernels, compiled once for each instruction set (see *.simd.cc) and chosen when the program starts.

namespace trainer {

struct AdamWScalars {
  float decay;  // 1 - lr * weightDecay
  float oneMinusBeta1;
  float beta2;
  float oneMinusBeta2;
  float stepSize;        // lr / (1 - beta1^t)
  float rootCorrection;  // sqrt(1 - beta2^t)
  float eps;
  float gradScale;  // clipping, folded in
};

/** Common properties of the query heads that share one head of keys and values. */
struct AttentionShape {
  int64_t length;     // T
  int64_t headSize;   // hs
  int64_t groups;     // query heads, hs floats apart in q and in the output
  int64_t stride;     // floats between a token's row and the next in q, k and v
  int64_t outStride;  // floats between rows of the output
  float scale;
  float dropout;
  uint64_t seed;
  uint64_t firstRow;               // row of the dropout mask that belongs to position 0 of the first head
  const float *cos, *sin;          // (T, hs): queries and keys are turned by these, or null
  const float *qWeight, *kWeight;  // (hs): queries and keys are divided by their root mean square first, or null
  float eps;
};

/** One step of an LSTM's recurrence over `batch` sequences; rows of gates, cell and out are `steps` steps apart. */
struct LstmForward {
  const float* packed;         // recurrent weights, by lstmPackForward
  const float* bias;           // (4 H)
  const float* const* inputs;  // each sequence's input products (4 H)
  const float* previous;       // hidden state before, rows `stride` floats apart
  const float* cellBefore;
  int64_t cellBeforeStride;
  float* gates;
  float* cell;
  float* out;
  float* next;  // hidden state after, as `previous`
  int64_t batch;
  int64_t hidden;  // H
  int64_t steps;
  int64_t stride;
};

/** One step back. */
struct LstmBackward {
  const float* packed;  // recurrent weights, by lstmPackBackward
  const float* later;   // the gates' gradients one step later, rows `stride` floats apart
  const float* gates;   // null: before the first step, where the state's gradient goes to dHidden
  const float* cell;
  const float* cellBefore;
  int64_t cellBeforeStride;
  const float* dOut;
  int64_t dOutStride;
  float* dHidden;  // (B, H)
  float* dCell;    // (B, H): of the cell after this step on entry, before it on return
  float* dGates;
  float* now;  // as `later`
  int64_t batch;
  int64_t hidden;
  int64_t steps;
  int64_t stride;
};

/** One token of each of `batch` sequences through a layer of an LSTM; states are (B, H). */
struct LstmToken {
  const float* input;  // (B, inputs)
  int64_t inputs;
  const float* weightIh;  // (4 H, inputs)
  const float* weightHh;  // (4 H, H)
  const float* biasIh;
  const float* biasHh;
  const float* before;
  float* cell;
  float* after;
  int64_t batch;
  int64_t hidden;
};

struct Kernels {
  /** One row of logits: returns its log-sum-exp; with `gradScale` != 0 turns it into gradScale * (softmax - onehot). */
  float (*crossEntropyRow)(float* logits, int64_t classes, int64_t target, float gradScale);

  /** h = x + dropout(branch), normed = LayerNorm(h), for rows [begin, end). */
  void (*addLayerNormForward)(const float* x, const float* branch, const float* weight, const float* bias, float* h,
                              float* normed, float* mean, float* rstd, int64_t begin, int64_t end, int64_t width,
                              float eps, float dropout, uint64_t seed);
  /** dH += the gradient through LayerNorm; dBranch = dropout's; dWeight and dBias are added to. */
  void (*addLayerNormBackward)(const float* h, const float* weight, const float* mean, const float* rstd,
                               const float* dSum, const float* dNormed, float* dH, float* dBranch, float* dWeight,
                               float* dBias, int64_t begin, int64_t end, int64_t width, float dropout, uint64_t seed);

  /** h = x + branch, normed = RMSNorm(h), for rows [begin, end); without a branch h is x and not written. `rms` gets
   * one over each row's root of the mean square. */
  void (*addRmsNormForward)(const float* x, const float* branch, const float* weight, float* h, float* normed,
                            float* rms, int64_t begin, int64_t end, int64_t width, float eps);
  /** dH = dSum (where there is one) and the gradient through RMSNorm; dWeight is added to. */
  void (*addRmsNormBackward)(const float* h, const float* weight, const float* rms, const float* dSum,
                             const float* dNormed, float* dH, float* dWeight, int64_t begin, int64_t end,
                             int64_t width);

  /** x += bias, y = gelu(x), for rows [begin, end). */
  void (*biasGeluForward)(float* x, const float* bias, float* y, int64_t begin, int64_t end, int64_t width);
  /** y = gelu(x) again, dy becomes dx in place, dBias is added to. */
  void (*biasGeluBackward)(const float* x, float* y, float* dy, float* dBias, int64_t begin, int64_t end,
                           int64_t width);

  /** y = silu(gate) up, for rows [begin, end) of gate and up side by side. */
  void (*swigluForward)(const float* inner, float* y, int64_t begin, int64_t end, int64_t width);
  /** y again, and of its gradient dy those of gate and up. */
  void (*swigluBackward)(const float* inner, const float* dy, float* y, float* dInner, int64_t begin, int64_t end,
                         int64_t width);

  void (*dropoutRow)(const float* x, float* y, int64_t row, int64_t width, float dropout, uint64_t seed);
  /** sum[j] += the sum of column j over rows [begin, end). */
  void (*columnSum)(const float* x, float* sum, int64_t begin, int64_t end, int64_t width);

  /** y[r][j] = row j of w times row r of x, for rows [begin, end) of w (., depth). */
  void (*dotRows)(const float* w, const float* x, int64_t xStride, int64_t rows, float* y, int64_t yStride,
                  int64_t begin, int64_t end, int64_t depth);
  /** y[r][j] += row r of x times column j of w, for columns [begin, end) of w (depth, stride). */
  void (*dotColumns)(const float* w, int64_t stride, const float* x, int64_t xStride, int64_t rows, float* y,
                     int64_t yStride, int64_t begin, int64_t end, int64_t depth);
  /** As dotRows, for a w of int8 with a scale for each `group` elements of a row. */
  void (*dotRowsInt8)(const int8_t* w, const float* scales, int64_t group, const float* x, int64_t xStride,
                      int64_t rows, float* y, int64_t yStride, int64_t begin, int64_t end, int64_t depth);
  /** As dotRows, for a w of bfloat16. */
  void (*dotRowsBf16)(const uint16_t* w, const float* x, int64_t xStride, int64_t rows, float* y, int64_t yStride,
                      int64_t begin, int64_t end, int64_t depth);
  /** out = scale * w, for rows [begin, end) of both. */
  void (*dequantizeInt8)(const int8_t* w, const float* scales, int64_t group, float* out, int64_t begin, int64_t end,
                         int64_t depth);
  /** x = softmax(scale * x), scale being positive. */
  void (*softmaxRow)(float* x, int64_t count, float scale);
  void (*adamw)(float* param, const float* grad, float* expAvg, float* expAvgSq, int64_t count, const AdamWScalars&);
  double (*sumOfSquares)(const float* x, int64_t count);

  /** Hidden units that a panel of packed recurrent weights is for. */
  int64_t (*lstmUnits)(bool backward);
  /** Panels [begin, end) of the recurrent weights (4 H, H). */
  void (*lstmPackForward)(const float* weight, float* packed, int64_t hidden, int64_t begin, int64_t end);
  void (*lstmPackBackward)(const float* weight, float* packed, int64_t hidden, int64_t begin, int64_t end);
  /** One step for panels [begin, end); `sums` holds batch x four times lstmUnits floats. */
  void (*lstmForward)(const LstmForward&, float* sums, int64_t begin, int64_t end);
  /** One step for panels [begin, end); `sums` holds batch x lstmUnits floats. */
  void (*lstmBackward)(const LstmBackward&, float* sums, int64_t begin, int64_t end);

  /** Hidden units [begin, end). */
  void (*lstmToken)(const LstmToken&, int64_t begin, int64_t end);

  /** Floats of scratch that one head of keys and values needs. */
  int64_t (*attentionScratch)(int64_t length, int64_t headSize, bool backward);
  void (*attentionForward)(const float* q, const float* k, const float* v, float* out, float* logSumExp, float* scratch,
                           const AttentionShape&);
  /** dQWeight and dKWeight are added to where there are such weights. */
  void (*attentionBackward)(const float* q, const float* k, const float* v, const float* out, const float* dOut,
                            const float* logSumExp, float* dQ, float* dK, float* dV, float* dQWeight, float* dKWeight,
                            float* scratch, const AttentionShape&);
};

/** The fastest table this processor can run. */
const Kernels& kernels();

}  // namespace trainer

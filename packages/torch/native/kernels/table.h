#pragma once
#include <cstdint>
#include <type_traits>

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

struct ScheduleFreeScalars {
  float lr;
  float beta2;
  float oneMinusBeta2;
  float invRootCorrection;  // 1 / sqrt(1 - beta2^t)
  float eps;
  float weightDecay;
  float weight;     // part of z that the average takes in
  float yRate;      // lr * (beta1 * (1 - weight) - 1)
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

/** One head of keys and values, with the query heads that share it. */
struct AttentionHead {
  const float *q, *k, *v;
};

/** Gradients of one head; those of the norms' weights are added to, if there are such weights. */
struct AttentionGradients {
  const float *out, *logSumExp;  // the forward pass's
  const float* dOut;
  float *dQ, *dK, *dV;
  float *dQWeight, *dKWeight;
};

/** h = x + dropout(branch), normed = LayerNorm(h); rows of `width`. */
struct AddLayerNormForward {
  const float *x, *branch;
  const float *weight, *bias;
  float *h, *normed;
  float *mean, *rstd;  // a number a row
  int64_t width;
  float eps;
  float dropout;
  uint64_t seed;
};

struct AddLayerNormBackward {
  const float *h, *weight, *mean, *rstd;
  const float* dSum;  // null: no gradient of h itself
  const float* dNormed;
  float* dH;
  float* dBranch;  // written with dropout alone: otherwise it equals dH
  int64_t width;
  float dropout;
  uint64_t seed;
};

/** h = x + branch, normed = RMSNorm(h); rows of `width`. Without a branch h is x and not written. */
struct AddRmsNormForward {
  const float *x, *branch;
  const float* weight;
  float *h, *normed;
  float* rms;  // one over the root of the mean square, a number a row
  int64_t width;
  float eps;
};

struct AddRmsNormBackward {
  const float *h, *weight, *rms;
  const float* dSum;  // null: no gradient of h itself
  const float* dNormed;
  float* dH;
  int64_t width;
};

/** A few rows of x, and of y, their products with a large weight. */
struct FewRows {
  const float* x;
  int64_t xStride;
  int64_t rows;
  float* y;
  int64_t yStride;
  int64_t depth;  // length of a row of x
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

/** Size of a tile of a product in bfloat16: 24 of 32 registers hold its sums. */
constexpr int64_t kBf16Rows = 12;
constexpr int64_t kBf16Columns = 32;
/** Most of k that is packed at a time: a panel of kBf16Columns columns stays in the first cache. */
constexpr int64_t kBf16Depth = 512;

/** A matrix that is packed in panels of `width` rows of a product's left side, or columns of its right side. */
struct Bf16Source {
  const float* data;
  int64_t along;   // floats between neighbours along k
  int64_t across;  // floats between rows of the left side, or columns of the right side; one of the two is 1
  int64_t count;   // of those rows or columns
  int64_t width;   // kBf16Rows or kBf16Columns
};

/** A tile of a product, cut off at the product's edges; rows `next` floats apart. */
struct Bf16Tile {
  float* data;
  int64_t next;
  int64_t rows, columns;
};

struct Kernels {
#define KERNEL(name, ...) std::type_identity_t<__VA_ARGS__>* name;
#include "kernels.inc"
};

/** The fastest table this processor can run. */
const Kernels& kernels();

}  // namespace trainer

#include "number.cuh"

// Draws an id from each row of logits (B, V): a block a row. What training/src/use/sample.ts draws from the same numbers:
// the likeliest, one of all, or one of the likeliest TOP at most, of which top-p and min-p may leave fewer. Where more than
// CANDIDATES logits are equal at the end of these, it is any of them.

constexpr int THREADS = 1024;
constexpr int BINS = 2048;
constexpr int CANDIDATES = 2048;
constexpr int TOP = 1024;
constexpr float kLowest = -3.4e38f;

template <typename Number>
__device__ inline Number warpTotal(Number x) {
#pragma unroll
  for (int step = 16; step > 0; step /= 2) x += __shfl_xor_sync(kAll, x, step);
  return x;
}

/** The sum over the lanes before this one and itself. */
template <typename Number>
__device__ inline Number warpUpTo(Number x) {
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int step = 1; step < 32; step *= 2) {
    const Number other = __shfl_up_sync(kAll, x, step);
    if (lane >= step) x += other;
  }
  return x;
}

/** One row, with what was seen made less likely (Keskar et al. 2019). */
struct Row {
  const float* logits;
  const bool* seen;
  float penalty;
  int vocab;

  __device__ inline float at(int id) const {
    const float x = logits[id];
    if (seen == nullptr || !seen[id]) return x;
    return x < 0 ? x * penalty : x / penalty;
  }
};

/** A number that orders as the logit does, and among equal ones the lower id first. */
__device__ inline uint64_t order(float x, int id) {
  const uint32_t bits = __float_as_uint(x + 0.0f);  // one zero
  const uint32_t rising = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
  return uint64_t(rising) << 32 | (0xffffffffu - uint32_t(id));
}

__device__ inline float logitOf(uint64_t order) {
  const uint32_t rising = uint32_t(order >> 32);
  return __uint_as_float(rising & 0x80000000u ? rising & 0x7fffffffu : ~rising);
}
__device__ inline int idOf(uint64_t order) { return int(0xffffffffu - uint32_t(order)); }

/** The likeliest of all, and the least likely's logit. */
__device__ inline uint64_t likeliest(const Row& row, float& least) {
  __shared__ uint64_t mosts[32];
  __shared__ float leasts[32];
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  uint64_t most = 0;
  float low = -kLowest;
  for (int id = threadIdx.x; id < row.vocab; id += THREADS) {
    const float x = row.at(id);
    const uint64_t own = order(x, id);
    if (own > most) most = own;
    low = fminf(low, x);
  }
#pragma unroll
  for (int step = 16; step > 0; step /= 2) {
    const uint64_t other = __shfl_xor_sync(kAll, most, step);
    if (other > most) most = other;
    low = fminf(low, __shfl_xor_sync(kAll, low, step));
  }
  if (lane == 0) {
    mosts[warp] = most;
    leasts[warp] = low;
  }
  __syncthreads();
  most = mosts[0];
  low = leasts[0];
  for (int w = 1; w < THREADS / 32; ++w) {
    if (mosts[w] > most) most = mosts[w];
    low = fminf(low, leasts[w]);
  }
  __syncthreads();
  least = low;
  return most;
}

/** The first id at which the weights so far exceed the share `uniform` of all: a stretch of the row is a warp's. */
__device__ inline int drawFromAll(const Row& row, float most, float temperature, double uniform) {
  __shared__ double sums[32];
  __shared__ int found;
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int each = (row.vocab + THREADS - 1) / THREADS * 32;
  const int first = warp * each, end = min(row.vocab, first + each);
  double sum = 0;
  for (int id = first + lane; id < end; id += 32) sum += expf((row.at(id) - most) / temperature);
  sum = warpTotal(sum);
  if (lane == 0) sums[warp] = sum;
  if (threadIdx.x == 0) found = row.vocab - 1;
  __syncthreads();
  double before = 0, total = 0;
  for (int w = 0; w < THREADS / 32; ++w) {
    if (w == warp) before = total;
    total += sums[w];
  }
  const double target = uniform * total;
  if (before <= target && target < before + sum) {
    for (int start = first; start < end; start += 32) {
      const int id = start + lane;
      const double own = id < end ? double(expf((row.at(id) - most) / temperature)) : 0.0;
      const double upTo = before + warpUpTo(own);
      const uint32_t beyond = __ballot_sync(kAll, id < end && upTo > target);
      if (beyond != 0) {
        if (lane == 0) found = start + __ffs(beyond) - 1;
        break;
      }
      before = __shfl_sync(kAll, upTo, 31);
    }
  }
  __syncthreads();
  return found;
}

/**
 * At least the `count` likeliest, unordered, unless they are too many: those above a threshold, found by a histogram of
 * the logits, refined within the bucket of the count-th.
 */
__device__ inline int candidatesOf(const Row& row, float most, float least, int count, uint64_t* candidates) {
  __shared__ uint32_t bins[BINS];
  __shared__ int chosen, above, gathered, sums[THREADS / 32];
  float high = most, low = least;
  int sure = 0;  // logits above `high`
  for (int round = 0; round < 5; ++round) {
    for (int bin = threadIdx.x; bin < BINS; bin += THREADS) bins[bin] = 0;
    __syncthreads();
    const float scale = high > low ? (BINS - 1) / (high - low) : 0.0f;
    for (int id = threadIdx.x; id < row.vocab; id += THREADS) {
      const float x = row.at(id);
      if (x <= high && x >= low) atomicAdd(&bins[min(BINS - 1, int((high - x) * scale))], 1u);
    }
    __syncthreads();
    if (threadIdx.x == 0) {
      chosen = BINS - 1;
      above = sure;
    }
    const int warp = threadIdx.x / 32;
    const int own0 = bins[2 * threadIdx.x], own1 = bins[2 * threadIdx.x + 1];
    const int inWarp = warpUpTo(own0 + own1);
    if (threadIdx.x % 32 == 31) sums[warp] = inWarp;
    __syncthreads();
    int before = sure + inWarp - own0 - own1;
    for (int w = 0; w < warp; ++w) before += sums[w];
    if (before < count && count <= before + own0 + own1) {
      const bool second = count > before + own0;
      chosen = 2 * threadIdx.x + second;
      above = before + (second ? own0 : 0);
    }
    __syncthreads();
    // A stretch's own ends are rounded: the next one, and what is gathered, reach a little beyond both, and need room.
    const bool few = above + int(bins[chosen]) <= CANDIDATES - 256 || scale == 0.0f || round == 4;
    const float width = scale == 0.0f ? 0.0f : 1.0f / scale, slack = width * 0.01f + fabsf(high) * 2.4e-7f;
    const float top = high - chosen * width, bottom = high - (chosen + 1) * width - slack;
    __syncthreads();
    if (few) {
      low = scale == 0.0f ? low : fmaxf(low, bottom);
      break;
    }
    high = fminf(high, top + slack);
    low = fmaxf(low, bottom);
    if (threadIdx.x == 0) gathered = 0;
    __syncthreads();
    int own = 0;
    for (int id = threadIdx.x; id < row.vocab; id += THREADS) own += row.at(id) > high;
    if (own > 0) atomicAdd(&gathered, own);
    __syncthreads();
    sure = gathered;
    __syncthreads();
  }
  if (threadIdx.x == 0) gathered = 0;
  __syncthreads();
  for (int id = threadIdx.x; id < row.vocab; id += THREADS) {
    const float x = row.at(id);
    if (x < low) continue;
    const int place = atomicAdd(&gathered, 1);
    if (place < CANDIDATES) candidates[place] = order(x, id);
  }
  __syncthreads();
  return min(gathered, CANDIDATES);
}

/** The place of one of `count` tokens in falling order of weight: by top-p, then min-p, then the random number. */
__device__ inline int drawRanked(const double* weights, int count, float topP, float minP, double uniform) {
  double sum = 0;
  for (int i = 0; i < count; ++i) sum += weights[i];
  if (topP > 0 && topP < 1) {
    const double mass = double(topP) * sum;
    double total = 0;
    int kept = 0;
    while (kept < count && total <= mass) total += weights[kept++];
    count = kept;
  }
  const double floor = double(minP) * weights[0];
  sum = 0;
  int kept = 0;
  while (kept < count && weights[kept] >= floor) sum += weights[kept++];
  const double target = uniform * sum;
  double total = 0;
  for (int i = 0; i < kept; ++i) {
    total += weights[i];
    if (total > target) return i;
  }
  return 0;
}

/** logits (B, V) whose rows are `stride` numbers apart, seen (B, V) or null, uniform (B) -> ids (B). */
extern "C" __global__ void __launch_bounds__(THREADS, 1)
    sampleRow(const float* logits, const bool* seen, const double* uniform, int64_t* ids, int64_t stride, int32_t vocab,
              float temperature, int32_t topK, float topP, float minP, float penalty) {
  __shared__ uint64_t candidates[CANDIDATES];
  __shared__ uint64_t ranked[TOP];
  __shared__ double weights[TOP];
  const int64_t b = blockIdx.x;
  const Row row{logits + b * stride, seen == nullptr ? nullptr : seen + b * vocab, penalty, vocab};
  float least;
  const uint64_t first = likeliest(row, least);
  const float most = logitOf(first);
  if (temperature == 0.0f) {
    if (threadIdx.x == 0) ids[b] = idOf(first);
    return;
  }
  if (topK == 0) {
    const int id = drawFromAll(row, most, temperature, uniform[b]);
    if (threadIdx.x == 0) ids[b] = id;
    return;
  }
  const int count = min(topK, min(vocab, TOP));
  const int n = candidatesOf(row, most, least, count, candidates);
  for (int i = threadIdx.x; i < n; i += THREADS) {
    const uint64_t own = candidates[i];
    int before = 0;
    for (int j = 0; j < n; ++j) before += candidates[j] > own;
    if (before >= count) continue;
    ranked[before] = own;
    weights[before] = expf((logitOf(own) - most) / temperature);
  }
  __syncthreads();
  if (threadIdx.x == 0) ids[b] = idOf(ranked[drawRanked(weights, min(count, n), topP, minP, uniform[b])]);
}

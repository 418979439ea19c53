import { op } from "../op.js";
import type { Tensor } from "../tensor.js";

// The project's own operators, one line each: float32 on the CPU (native/kernels), and what training needs on a GPU too
// (native/cuda). Each has its plain definition beside its use.

export const linear = op<[x: Tensor, weight: Tensor, bias?: Tensor | null], Tensor>("trainer::linear"); // (..., C), (C, D), (D) -> (..., D)
export const dropout = op<[x: Tensor, p: number], Tensor>("trainer::dropout");
export const linearCrossEntropy = op<[hidden: Tensor, weight: Tensor, targets: Tensor, ignoreIndex: number], Tensor>(
  "trainer::linear_cross_entropy",
); // (N, C), (V, C), (N) int64 -> ()
export const linearCrossEntropyRows = op<
  [hidden: Tensor, weight: Tensor, targets: Tensor, ignoreIndex: number],
  Tensor
>("trainer::linear_cross_entropy_rows"); // (N, C), (V, C), (N) int64 -> (N)
export const linearCrossEntropyWith = op<
  [hidden: Tensor, weight: Tensor, targets: Tensor, ignoreIndex: number, zLoss: number, softcap: number],
  Tensor
>("trainer::linear_cross_entropy_with");
export const linearCrossEntropyRowsWith = op<
  [hidden: Tensor, weight: Tensor, targets: Tensor, ignoreIndex: number, softcap: number],
  Tensor
>("trainer::linear_cross_entropy_rows_with");
export const addLayerNorm = op<
  [x: Tensor, branch: Tensor, weight: Tensor, bias: Tensor, eps: number, dropout: number],
  [sum: Tensor, normed: Tensor]
>("trainer::add_layer_norm");
export const geluMlp = op<[x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor], Tensor>("trainer::gelu_mlp"); // (..., C), (C, D), (D), (D, E), (E) -> (..., E)
export const cachedAttention = op<
  [q: Tensor, k: Tensor, v: Tensor, keys: Tensor, values: Tensor, past: number],
  Tensor
>("trainer::cached_attention"); // (B, nh, 1, hs), (B, nkv, 1, hs) twice, (B, nkv, N, hs) twice -> (B, nh, 1, hs)
export const raggedAttention = op<
  [q: Tensor, k: Tensor, v: Tensor, keys: Tensor, values: Tensor, lengths: Tensor],
  Tensor
>("trainer::ragged_attention"); // the same with a number of cached tokens for each sequence, `lengths` (B)
export const pagedAttention = op<
  [q: Tensor, k: Tensor, v: Tensor, pages: readonly Tensor[], table: Tensor, positions: Tensor, layer: number],
  Tensor
>("trainer::paged_attention"); // (N, nh, 1, hs), (N, nkv, 1, hs) twice, (layers, 2, nkv, P, hs) each, (N, pages), (N) -> (N, nh, 1, hs)
export const quantizedLinear = op<
  [x: Tensor, weight: Tensor, scales?: Tensor | null, bias?: Tensor | null, gelu?: boolean],
  Tensor
>("trainer::quantized_linear"); // (..., C), (D, C), (D, groups), (D) -> (..., D)
export const lstm = op<
  [inputs: Tensor, rows: Tensor | null, weight: Tensor, bias: Tensor, h: Tensor, c: Tensor],
  [y: Tensor, h: Tensor, c: Tensor]
>("trainer::lstm"); // (B, T, 4 H) or (V, 4 H) and (B, T), (4 H, H), (4 H), (B, H), (B, H) -> (B, T, H), (B, H), (B, H)
export const causalAttention = op<
  [
    qkv: Tensor, // (B, T, (nh + 2 nkv) hs)
    heads: number,
    kvHeads: number,
    cos: Tensor | undefined, // (T, hs)
    sin: Tensor | undefined,
    qWeight: Tensor | undefined, // (hs)
    kWeight: Tensor | undefined,
    eps: number | undefined,
    dropout: number,
  ],
  Tensor
>("trainer::causal_attention"); // (B, T, nh hs)
export const addRmsNorm = op<[x: Tensor, branch: Tensor, weight: Tensor, eps: number], [sum: Tensor, normed: Tensor]>(
  "trainer::add_rms_norm",
);
export const rmsNorm = op<[x: Tensor, weight: Tensor, eps: number], Tensor>("trainer::rms_norm");
export const swigluMlp = op<
  [
    x: Tensor,
    gate: Tensor,
    up: Tensor,
    down: Tensor,
    gateBias: Tensor | null,
    upBias: Tensor | null,
    downBias: Tensor | null,
  ],
  Tensor
>("trainer::swiglu_mlp"); // (..., C), (D, C), (D, C), (E, D), (D), (D), (E) -> (..., E)
export const linearSideBySide = op<[x: Tensor, weights: readonly Tensor[], biases: readonly Tensor[]], Tensor>(
  "trainer::linear_side_by_side",
); // (..., C), (D_i, C), (D_i) -> (..., sum of D_i)
export const lstmToken = op<
  [
    ids: readonly number[],
    table: Tensor,
    weights: readonly Tensor[],
    head: Tensor,
    headBias: Tensor | null,
    h: Tensor,
    c: Tensor,
  ],
  Tensor
>("trainer::lstm_token"); // (B), (V, C), 4 a layer, (V, H), (V), (L, B, H) twice -> (B, V)
export const layerNorm = op<[x: Tensor, weight: Tensor, bias: Tensor, eps: number], Tensor>("trainer::layer_norm"); // on a GPU
export const totalNorm = op<[tensors: readonly Tensor[]], Tensor>("trainer::total_norm");
export const adamw_ = op<
  [
    params: readonly Tensor[],
    grads: readonly Tensor[],
    expAvgs: readonly Tensor[],
    expAvgSqs: readonly Tensor[],
    steps: readonly Tensor[],
    lr: number,
    beta1: number,
    beta2: number,
    eps: number,
    weightDecay: number,
    gradScale: number,
  ],
  void
>("trainer::adamw_");
export const scheduleFreeAdamw_ = op<
  [
    params: readonly Tensor[],
    grads: readonly Tensor[],
    zs: readonly Tensor[],
    expAvgSqs: readonly Tensor[],
    lr: number,
    beta1: number,
    beta2: number,
    eps: number,
    weightDecay: number,
    rootCorrection: number,
    weight: number,
    gradScale: number,
  ],
  void
>("trainer::schedule_free_adamw_");
/** Notes that tensors were changed, where an operator does not by itself. */
export const changed_ = op<[tensors: readonly Tensor[]], void>("trainer::changed_");
/** On a GPU: gradients are multiplied by `gradScale` (), and where `foundInf` () is not 0 nothing is changed. */
export const adamwOnDevice_ = op<
  [
    params: readonly Tensor[],
    grads: readonly Tensor[],
    expAvgs: readonly Tensor[],
    expAvgSqs: readonly Tensor[],
    steps: readonly Tensor[],
    lr: Tensor, // ()
    beta1: number,
    beta2: number,
    eps: number,
    weightDecay: number,
    gradScale: Tensor | null,
    foundInf: Tensor | null,
  ],
  void
>("trainer::adamw_on_device_");

export const unpackToken = op<
  [
    qkv: Tensor, // (B, 1, (nh + 2 nkv) hs)
    heads: number,
    kvHeads: number,
    cos: Tensor | undefined, // (B, 1, 1, hs)
    sin: Tensor | undefined,
    qWeight: Tensor | undefined, // (hs)
    kWeight: Tensor | undefined,
    eps: number,
  ],
  [q: Tensor, k: Tensor]
>("trainer::unpack_token"); // (B, nh, 1, hs), (B, nkv, 1, hs), on a GPU alone

export const sampleRows = op<
  [
    logits: Tensor, // (B, V)
    seen: Tensor | null, // (B, V) bool
    uniform: Tensor, // (B) float64
    temperature: number,
    topK: number,
    topP: number,
    minP: number,
    penalty: number,
  ],
  Tensor
>("trainer::sample_rows"); // (B) int64, on a GPU alone

// Graphs of a GPU's work, by their numbers: native/cuda/graph.cc.
export const graphBegin = op<[], number>("trainer::graph_begin"); // work goes to a stream of the graph's own from here on
export const graphCapture = op<[graph: number], void>("trainer::graph_capture"); // recorded from here on
export const graphEnd = op<[graph: number], void>("trainer::graph_end");
export const graphAbort = op<[graph: number], void>("trainer::graph_abort");
export const graphReplay = op<[graph: number], void>("trainer::graph_replay");
export const graphFree = op<[graph: number], void>("trainer::graph_free");

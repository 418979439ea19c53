import type { Device, DType } from "./dtype.js";
import { op } from "./op.js";
import type { Generator } from "./random.js";
import type { Tensor } from "./tensor.js";

// The operators, one line each: TypeScript's view of the dispatcher's schemas. A test compares the two.

type Pair = [values: Tensor, indices: Tensor];
type Options = [dtype?: DType, layout?: "strided", device?: Device, pinMemory?: boolean];

// element by element; shapes broadcast
export const add = op<[a: Tensor, b: Tensor, alpha?: number], Tensor>("aten::add.Tensor"); // a + alpha * b
export const addScalar = op<[a: Tensor, b: number, alpha?: number], Tensor>("aten::add.Scalar");
export const sub = op<[a: Tensor, b: Tensor, alpha?: number], Tensor>("aten::sub.Tensor");
export const subScalar = op<[a: Tensor, b: number, alpha?: number], Tensor>("aten::sub.Scalar");
export const mul = op<[a: Tensor, b: Tensor], Tensor>("aten::mul.Tensor");
export const mulScalar = op<[a: Tensor, b: number], Tensor>("aten::mul.Scalar");
export const div = op<[a: Tensor, b: Tensor], Tensor>("aten::div.Tensor");
export const divScalar = op<[a: Tensor, b: number], Tensor>("aten::div.Scalar");
export const pow = op<[a: Tensor, b: Tensor], Tensor>("aten::pow.Tensor_Tensor");
export const powScalar = op<[a: Tensor, b: number], Tensor>("aten::pow.Tensor_Scalar");
export const maximum = op<[a: Tensor, b: Tensor], Tensor>("aten::maximum");
export const minimum = op<[a: Tensor, b: Tensor], Tensor>("aten::minimum");
export const clamp = op<[a: Tensor, min?: number | null, max?: number | null], Tensor>("aten::clamp");
export const neg = op<[a: Tensor], Tensor>("aten::neg");
export const abs = op<[a: Tensor], Tensor>("aten::abs");
export const exp = op<[a: Tensor], Tensor>("aten::exp");
export const log = op<[a: Tensor], Tensor>("aten::log");
export const sqrt = op<[a: Tensor], Tensor>("aten::sqrt");
export const rsqrt = op<[a: Tensor], Tensor>("aten::rsqrt");
export const reciprocal = op<[a: Tensor], Tensor>("aten::reciprocal");
export const sin = op<[a: Tensor], Tensor>("aten::sin");
export const cos = op<[a: Tensor], Tensor>("aten::cos");
export const floor = op<[a: Tensor], Tensor>("aten::floor");
export const round = op<[a: Tensor], Tensor>("aten::round");
export const tanh = op<[a: Tensor], Tensor>("aten::tanh");
export const sigmoid = op<[a: Tensor], Tensor>("aten::sigmoid");
export const relu = op<[a: Tensor], Tensor>("aten::relu");
export const silu = op<[a: Tensor], Tensor>("aten::silu");
export const gelu = op<[a: Tensor, approximate?: "none" | "tanh"], Tensor>("aten::gelu");
export const isfinite = op<[a: Tensor], Tensor>("aten::isfinite");
export const isnan = op<[a: Tensor], Tensor>("aten::isnan");
export const logicalNot = op<[a: Tensor], Tensor>("aten::logical_not");
export const logicalAnd = op<[a: Tensor, b: Tensor], Tensor>("aten::logical_and");
export const logicalOr = op<[a: Tensor, b: Tensor], Tensor>("aten::logical_or");
export const eq = op<[a: Tensor, b: Tensor], Tensor>("aten::eq.Tensor");
export const eqScalar = op<[a: Tensor, b: number], Tensor>("aten::eq.Scalar");
export const ne = op<[a: Tensor, b: Tensor], Tensor>("aten::ne.Tensor");
export const neScalar = op<[a: Tensor, b: number], Tensor>("aten::ne.Scalar");
export const lt = op<[a: Tensor, b: Tensor], Tensor>("aten::lt.Tensor");
export const ltScalar = op<[a: Tensor, b: number], Tensor>("aten::lt.Scalar");
export const le = op<[a: Tensor, b: Tensor], Tensor>("aten::le.Tensor");
export const leScalar = op<[a: Tensor, b: number], Tensor>("aten::le.Scalar");
export const gt = op<[a: Tensor, b: Tensor], Tensor>("aten::gt.Tensor");
export const gtScalar = op<[a: Tensor, b: number], Tensor>("aten::gt.Scalar");
export const ge = op<[a: Tensor, b: Tensor], Tensor>("aten::ge.Tensor");
export const geScalar = op<[a: Tensor, b: number], Tensor>("aten::ge.Scalar");
export const where = op<[condition: Tensor, a: Tensor, b: Tensor], Tensor>("aten::where.self");
export const maskedFill = op<[a: Tensor, mask: Tensor, value: number], Tensor>("aten::masked_fill.Scalar");

// products
export const mm = op<[a: Tensor, b: Tensor], Tensor>("aten::mm"); // (n, k) x (k, m) -> (n, m)
export const bmm = op<[a: Tensor, b: Tensor], Tensor>("aten::bmm"); // (b, n, k) x (b, k, m) -> (b, n, m)
export const matmul = op<[a: Tensor, b: Tensor], Tensor>("aten::matmul"); // (..., n, k) x (..., k, m) -> (..., n, m)
export const linear = op<[x: Tensor, weight: Tensor, bias?: Tensor | null], Tensor>("aten::linear"); // (..., in) x (out, in)

// shape
export const view = op<[a: Tensor, shape: readonly number[]], Tensor>("aten::view");
export const reshape = op<[a: Tensor, shape: readonly number[]], Tensor>("aten::reshape");
export const flatten = op<[a: Tensor, start?: number, end?: number], Tensor>("aten::flatten.using_ints");
export const unflatten = op<[a: Tensor, dim: number, sizes: readonly number[]], Tensor>("aten::unflatten.int");
export const transpose = op<[a: Tensor, dim0: number, dim1: number], Tensor>("aten::transpose.int");
export const permute = op<[a: Tensor, dims: readonly number[]], Tensor>("aten::permute");
export const t = op<[a: Tensor], Tensor>("aten::t"); // (n, m) -> (m, n)
export const squeeze = op<[a: Tensor], Tensor>("aten::squeeze");
export const squeezeDim = op<[a: Tensor, dim: number], Tensor>("aten::squeeze.dim");
export const unsqueeze = op<[a: Tensor, dim: number], Tensor>("aten::unsqueeze");
export const expand = op<[a: Tensor, shape: readonly number[]], Tensor>("aten::expand");
export const contiguous = op<[a: Tensor], Tensor>("aten::contiguous");
export const chunk = op<[a: Tensor, chunks: number, dim?: number], Tensor[]>("aten::chunk");
export const split = op<[a: Tensor, size: number, dim?: number], Tensor[]>("aten::split.Tensor");
export const splitSizes = op<[a: Tensor, sizes: readonly number[], dim?: number], Tensor[]>("aten::split_with_sizes");
export const narrow = op<[a: Tensor, dim: number, start: number, length: number], Tensor>("aten::narrow");
export const select = op<[a: Tensor, dim: number, index: number], Tensor>("aten::select.int");
export const indexSelect = op<[a: Tensor, dim: number, index: Tensor], Tensor>("aten::index_select");
export const gather = op<[a: Tensor, dim: number, index: Tensor], Tensor>("aten::gather");
export const scatter = op<[a: Tensor, dim: number, index: Tensor, value: number], Tensor>("aten::scatter.value");
export const scatterFrom_ = op<[a: Tensor, dim: number, index: Tensor, source: Tensor], Tensor>("aten::scatter_.src");
export const scatter_ = op<[a: Tensor, dim: number, index: Tensor, value: number], Tensor>("aten::scatter_.value");
export const cat = op<[tensors: readonly Tensor[], dim?: number], Tensor>("aten::cat");
export const stack = op<[tensors: readonly Tensor[], dim?: number], Tensor>("aten::stack");
export const tril = op<[a: Tensor, diagonal?: number], Tensor>("aten::tril");
export const triu = op<[a: Tensor, diagonal?: number], Tensor>("aten::triu");
export const repeatInterleave = op<[a: Tensor, repeats: number, dim?: number], Tensor>(
  "aten::repeat_interleave.self_int",
);

// reductions
export const sum = op<[a: Tensor, dtype?: DType], Tensor>("aten::sum");
export const sumDim = op<[a: Tensor, dims: readonly number[], keepdim?: boolean, dtype?: DType], Tensor>(
  "aten::sum.dim_IntList",
);
export const mean = op<[a: Tensor, dtype?: DType], Tensor>("aten::mean");
export const meanDim = op<[a: Tensor, dims: readonly number[], keepdim?: boolean, dtype?: DType], Tensor>(
  "aten::mean.dim",
);
export const max = op<[a: Tensor], Tensor>("aten::max");
export const min = op<[a: Tensor], Tensor>("aten::min");
export const amax = op<[a: Tensor, dims?: readonly number[], keepdim?: boolean], Tensor>("aten::amax");
export const amin = op<[a: Tensor, dims?: readonly number[], keepdim?: boolean], Tensor>("aten::amin");
export const argmax = op<[a: Tensor, dim?: number, keepdim?: boolean], Tensor>("aten::argmax");
export const argmin = op<[a: Tensor, dim?: number, keepdim?: boolean], Tensor>("aten::argmin");
export const norm = op<[a: Tensor, ord?: number, dims?: readonly number[], keepdim?: boolean, dtype?: DType], Tensor>(
  "aten::linalg_vector_norm",
);
export const cumsum = op<[a: Tensor, dim: number, dtype?: DType], Tensor>("aten::cumsum");
export const logsumexp = op<[a: Tensor, dims: readonly number[], keepdim?: boolean], Tensor>("aten::logsumexp");
export const softmax = op<[a: Tensor, dim: number, dtype?: DType], Tensor>("aten::softmax.int");
export const logSoftmax = op<[a: Tensor, dim: number, dtype?: DType], Tensor>("aten::log_softmax.int");
export const topk = op<[a: Tensor, k: number, dim?: number, largest?: boolean, sorted?: boolean], Pair>("aten::topk");
export const sort = op<[a: Tensor, dim?: number, descending?: boolean], Pair>("aten::sort");
export const any = op<[a: Tensor], Tensor>("aten::any");
export const all = op<[a: Tensor], Tensor>("aten::all");
export const allclose = op<[a: Tensor, b: Tensor, rtol?: number, atol?: number, equalNan?: boolean], boolean>(
  "aten::allclose",
);
export const equal = op<[a: Tensor, b: Tensor], boolean>("aten::equal");
export const multinomial = op<
  [weights: Tensor, samples: number, replacement?: boolean, generator?: Generator | null],
  Tensor
>("aten::multinomial");

// in place: each returns its first argument
export const add_ = op<[a: Tensor, b: Tensor, alpha?: number], Tensor>("aten::add_.Tensor");
export const addScalar_ = op<[a: Tensor, b: number, alpha?: number], Tensor>("aten::add_.Scalar");
export const sub_ = op<[a: Tensor, b: Tensor, alpha?: number], Tensor>("aten::sub_.Tensor");
export const mul_ = op<[a: Tensor, b: Tensor], Tensor>("aten::mul_.Tensor");
export const mulScalar_ = op<[a: Tensor, b: number], Tensor>("aten::mul_.Scalar");
export const div_ = op<[a: Tensor, b: Tensor], Tensor>("aten::div_.Tensor");
export const divScalar_ = op<[a: Tensor, b: number], Tensor>("aten::div_.Scalar");
export const copy_ = op<[a: Tensor, source: Tensor, nonBlocking?: boolean], Tensor>("aten::copy_");
export const zero_ = op<[a: Tensor], Tensor>("aten::zero_");
export const clamp_ = op<[a: Tensor, min?: number | null, max?: number | null], Tensor>("aten::clamp_");
export const fill_ = op<[a: Tensor, value: number], Tensor>("aten::fill_.Scalar");
export const normal_ = op<[a: Tensor, mean?: number, std?: number, generator?: Generator | null], Tensor>(
  "aten::normal_",
);
export const uniform_ = op<[a: Tensor, from?: number, to?: number, generator?: Generator | null], Tensor>(
  "aten::uniform_",
);

// layers
export const embedding = op<[weight: Tensor, indices: Tensor], Tensor>("aten::embedding"); // (V, C), (...) -> (..., C)
export const layerNorm = op<
  [x: Tensor, shape: readonly number[], weight?: Tensor | null, bias?: Tensor | null, eps?: number],
  Tensor
>("aten::layer_norm");
export const lstm = op<
  [
    x: Tensor,
    state: readonly Tensor[],
    weights: readonly Tensor[],
    biases: boolean,
    layers: number,
    dropout: number,
    train: boolean,
    bidirectional: boolean,
    batchFirst: boolean,
  ],
  [y: Tensor, h: Tensor, c: Tensor]
>("aten::lstm.input"); // (B, T, in), [(L, B, H), (L, B, H)], 4 a layer -> (B, T, H), (L, B, H), (L, B, H)
export const rmsNorm = op<[x: Tensor, shape: readonly number[], weight?: Tensor | null, eps?: number | null], Tensor>(
  "aten::rms_norm",
);
export const dropout = op<[x: Tensor, p: number, train: boolean], Tensor>("aten::dropout");
export const crossEntropyLoss = op<
  [
    logits: Tensor,
    targets: Tensor,
    weight?: Tensor | null,
    reduction?: number,
    ignoreIndex?: number,
    labelSmoothing?: number,
  ],
  Tensor
>("aten::cross_entropy_loss"); // (N, V), (N) int64 -> (), reduction 0: none, 1: mean, 2: sum
export const scaledDotProductAttention = op<
  [q: Tensor, k: Tensor, v: Tensor, mask?: Tensor | null, dropout?: number, isCausal?: boolean, scale?: number],
  Tensor
>("aten::scaled_dot_product_attention"); // (..., L, E), (..., S, E), (..., S, Ev) -> (..., L, Ev)

// making and moving
export const empty = op<[shape: readonly number[], ...Options], Tensor>("aten::empty.memory_format");
export const zeros = op<[shape: readonly number[], ...Options], Tensor>("aten::zeros");
export const ones = op<[shape: readonly number[], ...Options], Tensor>("aten::ones");
export const full = op<[shape: readonly number[], value: number, ...Options], Tensor>("aten::full");
export const randn = op<[shape: readonly number[], generator?: Generator | null, ...Options], Tensor>(
  "aten::randn.generator",
);
export const rand = op<[shape: readonly number[], generator?: Generator | null, ...Options], Tensor>(
  "aten::rand.generator",
);
export const randint = op<
  [low: number, high: number, shape: readonly number[], generator?: Generator | null, ...Options],
  Tensor
>("aten::randint.low_generator");
export const randperm = op<[n: number, generator?: Generator | null, ...Options], Tensor>("aten::randperm.generator");
export const arange = op<[start: number, end: number, step?: number, ...Options], Tensor>("aten::arange.start_step");
export const fromFile = op<[path: string, shared?: boolean, size?: number, ...Options], Tensor>("aten::from_file");
export const zerosLike = op<[a: Tensor, ...Options], Tensor>("aten::zeros_like");
export const clone = op<[a: Tensor], Tensor>("aten::clone");
export const detach = op<[a: Tensor], Tensor>("aten::detach");
export const pinMemory = op<[a: Tensor], Tensor>("aten::pin_memory"); // a copy that a GPU reads by itself
export const to = op<[a: Tensor, ...Options, nonBlocking?: boolean, copy?: boolean], Tensor>("aten::to.dtype_layout");

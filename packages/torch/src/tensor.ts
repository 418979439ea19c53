import { arrayOf, type Device, type DType, isDType, type TypedArray } from "./dtype.js";
import { TorchError } from "./errors.js";
import { addon } from "./load.js";
import { resultsAre } from "./op.js";
import * as ops from "./ops.js";
import type { Generator } from "./random.js";
import { Slot } from "./slot.js";

export type Nested = number | Nested[];

/** An n-dimensional array of libtorch. Operators leave it as it is; those whose names end in `_` write into it and return it. */
export class Tensor extends Slot {
  get shape(): readonly number[] {
    return addon.shape(Slot.handleOf(this));
  }
  get dtype(): DType {
    const name = addon.dtype(Slot.handleOf(this));
    if (isDType(name)) return name;
    throw new TorchError("ARGUMENT", `elements of the type ${name} have no place in JavaScript`);
  }
  get device(): Device {
    return addon.device(Slot.handleOf(this));
  }
  get ndim(): number {
    return addon.ndim(Slot.handleOf(this));
  }
  get numel(): number {
    return addon.numel(Slot.handleOf(this));
  }
  size(dim: number): number {
    return addon.size(Slot.handleOf(this), dim);
  }
  get isContiguous(): boolean {
    return addon.isContiguous(Slot.handleOf(this));
  }

  // arithmetic; shapes broadcast
  add(other: Tensor | number, alpha?: number): Tensor {
    return typeof other === "number" ? ops.addScalar(this, other, alpha) : ops.add(this, other, alpha);
  }
  sub(other: Tensor | number, alpha?: number): Tensor {
    return typeof other === "number" ? ops.subScalar(this, other, alpha) : ops.sub(this, other, alpha);
  }
  mul(other: Tensor | number): Tensor {
    return typeof other === "number" ? ops.mulScalar(this, other) : ops.mul(this, other);
  }
  div(other: Tensor | number): Tensor {
    return typeof other === "number" ? ops.divScalar(this, other) : ops.div(this, other);
  }
  pow(other: Tensor | number): Tensor {
    return typeof other === "number" ? ops.powScalar(this, other) : ops.pow(this, other);
  }
  neg(): Tensor {
    return ops.neg(this);
  }
  abs(): Tensor {
    return ops.abs(this);
  }
  exp(): Tensor {
    return ops.exp(this);
  }
  log(): Tensor {
    return ops.log(this);
  }
  sqrt(): Tensor {
    return ops.sqrt(this);
  }
  rsqrt(): Tensor {
    return ops.rsqrt(this);
  }
  reciprocal(): Tensor {
    return ops.reciprocal(this);
  }
  sin(): Tensor {
    return ops.sin(this);
  }
  cos(): Tensor {
    return ops.cos(this);
  }
  floor(): Tensor {
    return ops.floor(this);
  }
  round(): Tensor {
    return ops.round(this);
  }
  tanh(): Tensor {
    return ops.tanh(this);
  }
  sigmoid(): Tensor {
    return ops.sigmoid(this);
  }
  relu(): Tensor {
    return ops.relu(this);
  }
  silu(): Tensor {
    return ops.silu(this);
  }
  isfinite(): Tensor {
    return ops.isfinite(this);
  }
  isnan(): Tensor {
    return ops.isnan(this);
  }
  logicalNot(): Tensor {
    return ops.logicalNot(this);
  }
  gelu(options: { approximate?: "none" | "tanh" } = {}): Tensor {
    return ops.gelu(this, options.approximate);
  }
  clamp(min?: number | null, max?: number | null): Tensor {
    return ops.clamp(this, min, max);
  }
  maximum(other: Tensor): Tensor {
    return ops.maximum(this, other);
  }
  minimum(other: Tensor): Tensor {
    return ops.minimum(this, other);
  }
  eq(other: Tensor | number): Tensor {
    return typeof other === "number" ? ops.eqScalar(this, other) : ops.eq(this, other);
  }
  ne(other: Tensor | number): Tensor {
    return typeof other === "number" ? ops.neScalar(this, other) : ops.ne(this, other);
  }
  lt(other: Tensor | number): Tensor {
    return typeof other === "number" ? ops.ltScalar(this, other) : ops.lt(this, other);
  }
  le(other: Tensor | number): Tensor {
    return typeof other === "number" ? ops.leScalar(this, other) : ops.le(this, other);
  }
  gt(other: Tensor | number): Tensor {
    return typeof other === "number" ? ops.gtScalar(this, other) : ops.gt(this, other);
  }
  ge(other: Tensor | number): Tensor {
    return typeof other === "number" ? ops.geScalar(this, other) : ops.ge(this, other);
  }
  logicalAnd(other: Tensor): Tensor {
    return ops.logicalAnd(this, other);
  }
  logicalOr(other: Tensor): Tensor {
    return ops.logicalOr(this, other);
  }
  maskedFill(mask: Tensor, value: number): Tensor {
    return ops.maskedFill(this, mask, value);
  }

  // products
  mm(other: Tensor): Tensor {
    return ops.mm(this, other);
  }
  bmm(other: Tensor): Tensor {
    return ops.bmm(this, other);
  }
  matmul(other: Tensor): Tensor {
    return ops.matmul(this, other);
  }

  // shape
  view(shape: readonly number[]): Tensor {
    return ops.view(this, shape);
  }
  reshape(shape: readonly number[]): Tensor {
    return ops.reshape(this, shape);
  }
  flatten(start = 0, end = -1): Tensor {
    return ops.flatten(this, start, end);
  }
  unflatten(dim: number, sizes: readonly number[]): Tensor {
    return ops.unflatten(this, dim, sizes);
  }
  transpose(dim0: number, dim1: number): Tensor {
    return ops.transpose(this, dim0, dim1);
  }
  permute(dims: readonly number[]): Tensor {
    return ops.permute(this, dims);
  }
  t(): Tensor {
    return ops.t(this);
  }
  unsqueeze(dim: number): Tensor {
    return ops.unsqueeze(this, dim);
  }
  squeeze(dim?: number): Tensor {
    return dim === undefined ? ops.squeeze(this) : ops.squeezeDim(this, dim);
  }
  expand(shape: readonly number[]): Tensor {
    return ops.expand(this, shape);
  }
  contiguous(): Tensor {
    return ops.contiguous(this);
  }
  chunk(chunks: number, dim = 0): Tensor[] {
    return ops.chunk(this, chunks, dim);
  }
  split(size: number | readonly number[], dim = 0): Tensor[] {
    return typeof size === "number" ? ops.split(this, size, dim) : ops.splitSizes(this, size, dim);
  }
  narrow(dim: number, start: number, length: number): Tensor {
    return ops.narrow(this, dim, start, length);
  }
  select(dim: number, index: number): Tensor {
    return ops.select(this, dim, index);
  }
  indexSelect(dim: number, index: Tensor): Tensor {
    return ops.indexSelect(this, dim, index);
  }
  gather(dim: number, index: Tensor): Tensor {
    return ops.gather(this, dim, index);
  }
  scatter(dim: number, index: Tensor, value: number): Tensor {
    return ops.scatter(this, dim, index, value);
  }
  repeatInterleave(repeats: number, dim: number): Tensor {
    return ops.repeatInterleave(this, repeats, dim);
  }
  tril(diagonal = 0): Tensor {
    return ops.tril(this, diagonal);
  }
  triu(diagonal = 0): Tensor {
    return ops.triu(this, diagonal);
  }

  // reductions: over all elements, or over `dim`
  sum(dim?: number | readonly number[], keepdim = false): Tensor {
    return dim === undefined ? ops.sum(this) : ops.sumDim(this, list(dim), keepdim);
  }
  mean(dim?: number | readonly number[], keepdim = false): Tensor {
    return dim === undefined ? ops.mean(this) : ops.meanDim(this, list(dim), keepdim);
  }
  max(dim?: number | readonly number[], keepdim = false): Tensor {
    return dim === undefined ? ops.max(this) : ops.amax(this, list(dim), keepdim);
  }
  min(dim?: number | readonly number[], keepdim = false): Tensor {
    return dim === undefined ? ops.min(this) : ops.amin(this, list(dim), keepdim);
  }
  argmax(dim?: number, keepdim = false): Tensor {
    return ops.argmax(this, dim, keepdim);
  }
  argmin(dim?: number, keepdim = false): Tensor {
    return ops.argmin(this, dim, keepdim);
  }
  norm(ord = 2, dim?: number | readonly number[], keepdim = false): Tensor {
    return ops.norm(this, ord, dim === undefined ? undefined : list(dim), keepdim);
  }
  logsumexp(dim: number, keepdim = false): Tensor {
    return ops.logsumexp(this, [dim], keepdim);
  }
  softmax(dim: number): Tensor {
    return ops.softmax(this, dim);
  }
  logSoftmax(dim: number): Tensor {
    return ops.logSoftmax(this, dim);
  }
  cumsum(dim: number): Tensor {
    return ops.cumsum(this, dim);
  }
  topk(k: number, dim = -1): [values: Tensor, indices: Tensor] {
    return ops.topk(this, k, dim);
  }
  sort(dim = -1, descending = false): [values: Tensor, indices: Tensor] {
    return ops.sort(this, dim, descending);
  }
  multinomial(samples: number, options: { replacement?: boolean; generator?: Generator } = {}): Tensor {
    return ops.multinomial(this, samples, options.replacement, options.generator);
  }
  any(): Tensor {
    return ops.any(this);
  }
  all(): Tensor {
    return ops.all(this);
  }
  equal(other: Tensor): boolean {
    return ops.equal(this, other);
  }
  allclose(other: Tensor, options: { rtol?: number; atol?: number; equalNan?: boolean } = {}): boolean {
    return ops.allclose(this, other, options.rtol, options.atol, options.equalNan);
  }

  // in place
  add_(other: Tensor | number): Tensor {
    return typeof other === "number" ? ops.addScalar_(this, other) : ops.add_(this, other);
  }
  mul_(other: Tensor | number): Tensor {
    return typeof other === "number" ? ops.mulScalar_(this, other) : ops.mul_(this, other);
  }
  div_(other: Tensor | number): Tensor {
    return typeof other === "number" ? ops.divScalar_(this, other) : ops.div_(this, other);
  }
  sub_(other: Tensor | number): Tensor {
    return typeof other === "number" ? ops.addScalar_(this, -other) : ops.sub_(this, other);
  }
  copy_(source: Tensor): Tensor {
    return ops.copy_(this, source);
  }
  zero_(): Tensor {
    return ops.zero_(this);
  }
  fill_(value: number): Tensor {
    return ops.fill_(this, value);
  }
  normal_(mean = 0, std = 1, generator?: Generator): Tensor {
    return ops.normal_(this, mean, std, generator);
  }
  uniform_(from = 0, to = 1, generator?: Generator): Tensor {
    return ops.uniform_(this, from, to, generator);
  }

  // copies and moves
  /** The tensor with another dtype, on another device, or both; itself where nothing changes. */
  to(target: DType | Device | { dtype?: DType; device?: Device }): Tensor {
    const { dtype, device } =
      typeof target === "object" ? target : isDType(target) ? { dtype: target } : { device: target };
    return ops.to(this, dtype, undefined, device);
  }
  clone(): Tensor {
    return ops.clone(this);
  }
  detach(): Tensor {
    return ops.detach(this);
  }

  // autograd
  get requiresGrad(): boolean {
    return addon.requiresGrad(Slot.handleOf(this));
  }
  set requiresGrad(on: boolean) {
    addon.setRequiresGrad(Slot.handleOf(this), on);
  }
  /** The accumulated gradient; setting it to null frees it. */
  get grad(): Tensor | null {
    const handle = addon.grad(Slot.handleOf(this));
    return handle === null ? null : new Tensor(handle);
  }
  set grad(gradient: Tensor | null) {
    addon.setGrad(Slot.handleOf(this), gradient === null ? null : Slot.handleOf(gradient));
  }
  /** Adds the gradients of this scalar to the leaves it came from; of another shape with the `gradient` that arrives at it. */
  backward(options: { gradient?: Tensor; retainGraph?: boolean } = {}): void {
    const { gradient, retainGraph = false } = options;
    addon.backward(Slot.handleOf(this), gradient === undefined ? null : Slot.handleOf(gradient), retainGraph);
  }

  // contents
  /** The one element as a number (past 2^53 rounded; `data()` is exact). */
  item(): number {
    return addon.item(Slot.handleOf(this));
  }
  /** A copy of the elements in row-major order; half types as their 16 bits. */
  data(): TypedArray {
    const array = arrayOf(this.dtype, this.numel);
    addon.toBytes(Slot.handleOf(this), array);
    return array;
  }
  /** The tensor's own memory as a typed array, without a copy: cpu and contiguous. It stays valid after the tensor is disposed. */
  memory(): TypedArray {
    return arrayOf(this.dtype, addon.memoryOf(Slot.handleOf(this)));
  }
  /** The elements as nested arrays of numbers. */
  toArray(): Nested {
    const { shape } = this;
    if (shape.length === 0) return this.item();
    const half = this.dtype === "float16" || this.dtype === "bfloat16";
    const flat: Nested[] = Array.from(half ? this.to("float32").data() : this.data(), Number);
    const rows = (dim: number): number => shape.slice(0, dim + 1).reduce((a, b) => a * b);
    // From the last dimension inwards: what the dimensions before it enumerate are rows of n.
    return shape
      .slice(1)
      .reduceRight(
        (level, n, dim) => Array.from({ length: rows(dim) }, (_, r) => level.slice(r * n, (r + 1) * n)),
        flat,
      );
  }
}

function list(dim: number | readonly number[]): readonly number[] {
  return typeof dim === "number" ? [dim] : dim;
}

resultsAre((handle) => new Tensor(handle));

import { closeSync, fstatSync, openSync } from "node:fs";

import { describe } from "./describe.js";
import { bytesOf, type Device, type DType, dtypeOf, fromNumbers, isDType, type TypedArray } from "./dtype.js";
import { TorchError } from "./errors.js";
import { addon } from "./load.js";
import * as ops from "./ops.js";
import type { Generator } from "./random.js";
import { Tensor } from "./tensor.js";

export interface TensorOptions {
  dtype?: DType;
  device?: Device;
}

export interface RandomOptions extends TensorOptions {
  generator?: Generator;
}

/**
 * A tensor with a copy of the data. A typed array brings its dtype (another one converts), numbers are float32 by default;
 * the shape is one-dimensional by default, and that of a single number is ().
 */
export function tensor(
  data: number | readonly number[] | TypedArray,
  shape?: readonly number[],
  options: TensorOptions = {},
): Tensor {
  const array = typedArray(data, options.dtype ?? "float32");
  const sizes = shape ?? (typeof data === "number" ? [] : [array.length]);
  const made = new Tensor(addon.fromBytes(array, sizes, dtypeOf(array)));
  return options.dtype === undefined && options.device === undefined ? made : made.to(options);
}

/** A tensor of a half type from its elements' bits, as `data()` gives them. */
export const fromBits = (bits: Uint16Array, shape: readonly number[], dtype: "float16" | "bfloat16"): Tensor =>
  new Tensor(addon.fromBytes(bits, shape, dtype));

function typedArray(data: number | readonly number[] | TypedArray, dtype: DType): TypedArray {
  if (typeof data === "number") return fromNumbers([data], dtype);
  if (ArrayBuffer.isView(data)) return data;
  if (Array.isArray(data)) {
    const wrong = data.findIndex((v) => typeof v !== "number");
    if (wrong < 0) return fromNumbers(data, dtype);
    throw new TorchError("ARGUMENT", `tensor: element ${wrong} must be a number, got ${describe(data[wrong])}`);
  }
  throw new TorchError(
    "ARGUMENT",
    `tensor: expected a number, an array of numbers or a typed array, got ${describe(data)}`,
  );
}

/**
 * The first `size` elements of a file, memory-mapped: read as they are touched, and writes stay in memory unless `shared`.
 * The file must not be truncated while the tensor lives. Throws FILE where it is missing or too small.
 */
export function fromFile(path: string, options: { dtype: DType; size: number; shared?: boolean }): Tensor {
  const { dtype, size, shared = false } = options;
  if (!isDType(dtype)) throw new TorchError("ARGUMENT", `fromFile: expected a dtype, got ${describe(dtype)}`);
  const bytes = size * bytesOf(dtype);
  if (!Number.isSafeInteger(bytes) || bytes < 0) {
    throw new TorchError("ARGUMENT", `fromFile: size must be a whole number of elements, got ${describe(size)}`);
  }
  const there = fileBytes(path);
  if (there < bytes) {
    throw new TorchError(
      "FILE",
      `fromFile: ${size} elements of ${dtype} take ${bytes} bytes, but ${path} has ${there}`,
    );
  }
  if (size === 0) return empty([0], { dtype });
  return ops.fromFile(path, shared, size, dtype);
}

function fileBytes(path: string): number {
  try {
    const file = openSync(path, "r");
    try {
      const stat = fstatSync(file);
      if (stat.isFile()) return stat.size;
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw new TorchError("FILE", `fromFile: ${path} cannot be read`, undefined, undefined, { cause });
  }
  throw new TorchError("FILE", `fromFile: ${path} is not a file`);
}

export function empty(shape: readonly number[], options: TensorOptions = {}): Tensor {
  return ops.empty(shape, options.dtype, undefined, options.device);
}

export function zeros(shape: readonly number[], options: TensorOptions = {}): Tensor {
  return ops.zeros(shape, options.dtype, undefined, options.device);
}

export function ones(shape: readonly number[], options: TensorOptions = {}): Tensor {
  return ops.ones(shape, options.dtype, undefined, options.device);
}

/** float32 unless a dtype is given. */
export function full(shape: readonly number[], value: number, options: TensorOptions = {}): Tensor {
  return ops.full(shape, value, options.dtype ?? "float32", undefined, options.device);
}

/** Standard normal numbers. */
export function randn(shape: readonly number[], options: RandomOptions = {}): Tensor {
  return ops.randn(shape, options.generator, options.dtype, undefined, options.device);
}

/** Numbers in [0, 1). */
export function rand(shape: readonly number[], options: RandomOptions = {}): Tensor {
  return ops.rand(shape, options.generator, options.dtype, undefined, options.device);
}

/** Whole numbers in [low, high), int64 by default. */
export function randint(low: number, high: number, shape: readonly number[], options: RandomOptions = {}): Tensor {
  return ops.randint(low, high, shape, options.generator, options.dtype ?? "int64", undefined, options.device);
}

/** A permutation of 0..n-1, int64 by default. */
export function randperm(n: number, options: RandomOptions = {}): Tensor {
  return ops.randperm(n, options.generator, options.dtype ?? "int64", undefined, options.device);
}

/** start, start + step, ... below end (0..n-1 from one number); int64 where all are whole. */
export function arange(end: number, options?: TensorOptions): Tensor;
export function arange(start: number, end: number, options?: TensorOptions & { step?: number }): Tensor;
export function arange(
  first: number,
  second: number | TensorOptions = {},
  third: TensorOptions & { step?: number } = {},
): Tensor {
  const [start, end, options] =
    typeof second === "number" ? [first, second, third] : [0, first, { step: 1, ...second }];
  const { step = 1, dtype, device } = options;
  return ops.arange(start, end, step, dtype, undefined, device);
}

export function zerosLike(like: Tensor, options: TensorOptions = {}): Tensor {
  return ops.zerosLike(like, options.dtype, undefined, options.device);
}

/** Joined along a dimension they have. */
export function cat(tensors: readonly Tensor[], dim = 0): Tensor {
  return ops.cat(tensors, dim);
}

/** Joined along a new dimension. */
export function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  return ops.stack(tensors, dim);
}

/** `a` where the condition holds, else `b`; shapes broadcast. */
export function where(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  return ops.where(condition, a, b);
}

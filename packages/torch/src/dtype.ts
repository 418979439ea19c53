import { TorchError } from "./errors.js";

/** Element types, by libtorch's names. Half types have no JavaScript array: `data()` gives their bits. */
export type DType = keyof typeof ARRAYS;

export type Device = "cpu" | "cuda" | "mps" | "meta" | `cuda:${number}`;

export type TypedArray =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Uint16Array
  | Uint32Array
  | Int8Array
  | Uint8Array;

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

export const dtypes: readonly DType[] = [
  "float32",
  "float64",
  "float16",
  "bfloat16",
  "int64",
  "int32",
  "int16",
  "uint16",
  "uint32",
  "int8",
  "uint8",
  "bool",
];

const known: ReadonlySet<unknown> = new Set(dtypes);

export function isDType(value: unknown): value is DType {
  return known.has(value);
}

/** Bytes an element takes. */
export function bytesOf(dtype: DType): number {
  return ARRAYS[dtype].BYTES_PER_ELEMENT;
}

/** The typed array of a dtype, over `buffer` or new with `length` zeros. */
export function arrayOf(dtype: DType, source: number | ArrayBuffer): TypedArray {
  return typeof source === "number" ? new ARRAYS[dtype](source) : new ARRAYS[dtype](source);
}

/** The dtype that a typed array's elements have. */
export function dtypeOf(array: TypedArray): DType {
  if (array instanceof Float32Array) return "float32";
  if (array instanceof Float64Array) return "float64";
  if (array instanceof BigInt64Array) return "int64";
  if (array instanceof Int32Array) return "int32";
  if (array instanceof Int16Array) return "int16";
  if (array instanceof Uint16Array) return "uint16";
  if (array instanceof Uint32Array) return "uint32";
  if (array instanceof Int8Array) return "int8";
  if (array instanceof Uint8Array) return "uint8";
  throw new TorchError("ARGUMENT", `no dtype has the elements of ${Object.prototype.toString.call(array)}`);
}

/** Numbers in the typed array of a dtype; half types are first float32. */
export function fromNumbers(values: readonly number[], dtype: DType): TypedArray {
  if (dtype === "int64") return BigInt64Array.from(values, (v) => BigInt(v));
  if (dtype === "float16" || dtype === "bfloat16") return Float32Array.from(values);
  return ARRAYS[dtype].from(values);
}

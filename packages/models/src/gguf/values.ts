/** Types of metadata, in the order of the numbers by which a file names them. */
export const valueTypes = [
  "uint8",
  "int8",
  "uint16",
  "int16",
  "uint32",
  "int32",
  "float32",
  "bool",
  "string",
  "array",
  "uint64",
  "int64",
  "float64",
] as const;
export type ValueType = (typeof valueTypes)[number];

/** Bytes of one; of a string and an array the least. */
export const VALUE_BYTES: Readonly<Record<ValueType, number>> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
  bool: 1,
  string: 8,
  array: 12,
  uint64: 8,
  int64: 8,
  float64: 8,
};

/** A value as it is read; whole numbers that a number does not hold exactly are bigints. */
export type Scalar = number | bigint | boolean | string;
export type Value = Scalar | readonly Scalar[];
export type Metadata = ReadonlyMap<string, Value>;

/** A value as it is written. */
export type Typed =
  | { readonly type: Exclude<ValueType, "array">; readonly value: Scalar }
  | { readonly type: "array"; readonly of: Exclude<ValueType, "array">; readonly value: Iterable<Scalar> };

export type TypedMetadata = readonly (readonly [key: string, value: Typed])[];

export const u32 = (value: number): Typed => ({ type: "uint32", value });
export const f32 = (value: number): Typed => ({ type: "float32", value });
export const bool = (value: boolean): Typed => ({ type: "bool", value });
export const text = (value: string): Typed => ({ type: "string", value });
export const texts = (value: Iterable<string>): Typed => ({ type: "array", of: "string", value });
export const i32s = (value: Iterable<number>): Typed => ({ type: "array", of: "int32", value });
export const f32s = (value: Iterable<number>): Typed => ({ type: "array", of: "float32", value });
export const u8s = (value: Iterable<number>): Typed => ({ type: "array", of: "uint8", value });

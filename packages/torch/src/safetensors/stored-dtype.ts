import { type DType, dtypes } from "../dtype.js";

const NAMES = {
  int64: "I64",
  float64: "F64",
  float32: "F32",
  uint32: "U32",
  int32: "I32",
  bfloat16: "BF16",
  float16: "F16",
  uint16: "U16",
  int16: "I16",
  int8: "I8",
  uint8: "U8",
  bool: "BOOL",
} as const satisfies Record<DType, string>;

const byName: ReadonlyMap<string, DType> = new Map(dtypes.map((dtype) => [NAMES[dtype], dtype]));

/** Dtypes in the order of their tensors in a file, by decreasing size, so that each is aligned. */
const ORDER = Object.keys(NAMES);

/** The format's name of a dtype. */
export const storedName = (dtype: DType): string => NAMES[dtype];

/** The dtype that the format calls `name`; undefined for one that has no place here. */
export const dtypeStoredAs = (name: string): DType | undefined => byName.get(name);

export const storedNames: readonly string[] = Object.values(NAMES);

/** Rank of a dtype's tensors in a file, from 0. */
export const storedRank = (dtype: DType): number => ORDER.indexOf(dtype);

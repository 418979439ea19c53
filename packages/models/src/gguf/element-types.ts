/** How the numbers of a tensor are stored: in blocks of so many, of so many bytes. */
export interface ElementType {
  /** The number by which a file names it. */
  readonly id: number;
  readonly block: number;
  readonly bytes: number;
}

/** Types that are read and written. */
export const elementTypes = {
  f32: { id: 0, block: 1, bytes: 4 },
  f16: { id: 1, block: 1, bytes: 2 },
  bf16: { id: 30, block: 1, bytes: 2 },
  /** A scale in float16 and 32 whole numbers of a byte. */
  q8_0: { id: 8, block: 32, bytes: 34 },
} as const satisfies Record<string, ElementType>;

export type ElementTypeName = keyof typeof elementTypes;

export const elementTypeNames: readonly ElementTypeName[] = ["f32", "f16", "bf16", "q8_0"];

/** `general.file_type`: the type of most tensors. */
export const fileTypes: Readonly<Record<ElementTypeName, number>> = { f32: 0, f16: 1, bf16: 32, q8_0: 7 };

/** Names of the other types, by which a file that has them is refused. */
const OTHERS: Readonly<Record<number, string>> = {
  2: "Q4_0",
  3: "Q4_1",
  6: "Q5_0",
  7: "Q5_1",
  9: "Q8_1",
  10: "Q2_K",
  11: "Q3_K",
  12: "Q4_K",
  13: "Q5_K",
  14: "Q6_K",
  15: "Q8_K",
  16: "IQ2_XXS",
  17: "IQ2_XS",
  18: "IQ3_XXS",
  19: "IQ1_S",
  20: "IQ4_NL",
  21: "IQ3_S",
  22: "IQ2_S",
  23: "IQ4_XS",
  24: "I8",
  25: "I16",
  26: "I32",
  27: "I64",
  28: "F64",
  29: "IQ1_M",
  34: "TQ1_0",
  35: "TQ2_0",
  39: "MXFP4",
};

export const elementTypeOf = (id: number): ElementTypeName | undefined =>
  elementTypeNames.find((name) => elementTypes[name].id === id);

export const nameOfType = (id: number): string => OTHERS[id] ?? `number ${id}`;

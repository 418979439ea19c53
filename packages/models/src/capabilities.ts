/** What can be asked for, known without loading any native code: what requests are checked against. */

export const precisions = ["fp32", "fp16", "bf16"] as const;
export type Precision = (typeof precisions)[number];

/** Widths and depths after Radford et al. 2019, table 2; `tiny` is for laptops and tests. */
const gpt2Sizes = {
  tiny: { nLayer: 4, nEmbd: 256, nHead: 4 },
  small: { nLayer: 12, nEmbd: 768, nHead: 12 },
  medium: { nLayer: 24, nEmbd: 1024, nHead: 16 },
  large: { nLayer: 36, nEmbd: 1280, nHead: 20 },
  xl: { nLayer: 48, nEmbd: 1600, nHead: 25 },
} as const;

export interface Size {
  readonly nLayer: number;
  readonly nEmbd: number;
  readonly nHead: number;
}

export interface Family {
  readonly title: string;
  readonly sizes: Readonly<Record<string, Size>>;
  readonly precisions: readonly Precision[];
}

export const families = {
  gpt2: { title: "GPT-2", sizes: gpt2Sizes, precisions },
} as const satisfies Record<string, Family>;

export type FamilyName = keyof typeof families;

export const isFamily = (name: unknown): name is FamilyName =>
  typeof name === "string" && Object.hasOwn(families, name);

/** The dimensions a size stands for, or null if the family has no such size. */
export function sizeOf(family: FamilyName, size: string): Size | null {
  return new Map<string, Size>(Object.entries(families[family].sizes)).get(size) ?? null;
}

/** How many parameters a GPT-2 of these dimensions has: V·d + P·d + L·(12d² + 13d) + 2d, the head being tied. */
export function gpt2Parameters(size: Size, vocabSize: number, nPositions: number): number {
  const d = size.nEmbd;
  return (vocabSize + nPositions + 2) * d + size.nLayer * (12 * d * d + 13 * d);
}

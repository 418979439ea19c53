import { tokensOf, type Encoded } from "./pieces.js";

/** A token of a text, and how often the text has it. */
export interface Counted {
  readonly id: number;
  /** The text that it stands for; as its file spells it where it is a further part of a character, or stands for none. */
  readonly text: string;
  readonly times: number;
}

/** The different tokens of a text, in the order in which it has them. */
export function countedOf(encoded: Encoded): Counted[] {
  const counts = new Map<number, Counted>();
  let done = 0;
  for (const { id, spelled, start, end } of tokensOf(encoded, Infinity)) {
    const known = counts.get(id);
    const own = start < done ? "" : encoded.text.slice(start, end);
    counts.set(id, { id, text: known?.text ?? (own === "" ? spelled : own), times: (known?.times ?? 0) + 1 });
    done = Math.max(done, end);
  }
  return [...counts.values()];
}

export const mostFrequent = (counted: readonly Counted[], most: number): Counted[] =>
  counted.toSorted((a, b) => b.times - a.times).slice(0, most);

const lengthOf = ({ text }: Counted): number => Array.from(text).length;

/** Those of the most characters. */
export const longest = (counted: readonly Counted[], most: number): Counted[] =>
  counted.toSorted((a, b) => lengthOf(b) - lengthOf(a)).slice(0, most);

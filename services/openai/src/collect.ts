import { at } from "@trainer/disk";
import type { Part, Writing } from "./served-model.js";

/** A text that was written to its end. */
export interface Written<L> {
  readonly text: string;
  readonly logprobs: readonly L[];
  readonly finishReason: "stop" | "length" | null;
  readonly steps: number;
}

/** So many texts of a writing, to the end of each. */
export async function collected<L>(writing: Writing<L>, count: number): Promise<Written<L>[]> {
  const parts: Part<L>[][] = Array.from({ length: count }, () => []);
  for await (const part of writing.parts) at(parts, part.index).push(part);
  return parts.map((own) => {
    const { finishReason, steps } = at(own, own.length - 1); // each ends with its end
    const logprobs = own.flatMap((part) => (part.logprobs === null ? [] : [part.logprobs]));
    return { text: own.map(({ text }) => text).join(""), logprobs, finishReason, steps };
  });
}

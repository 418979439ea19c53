import { at } from "@trainer/disk";

/** Characters (UTF-16 code units) that a copied span has at the least: shorter ones occur in any text of a language. */
export const LEAST = 24;
const BASE = 31;

export interface Copied {
  /** Longest span of a sample that stands in the text, "" where none is long enough. */
  readonly longest: string;
  /** Part of the samples' characters in such spans, from 0 to 1. */
  readonly share: number;
}

interface Place {
  readonly sample: number;
  readonly start: number;
}

/**
 * Spans that samples share with a text, word for word. One pass over the text with a rolling hash (Karp & Rabin 1987)
 * of as many characters as a span has at the least; each hit is compared.
 */
export function copiedFrom(text: string, samples: readonly string[]): Copied {
  const places = new Map<number, Place[]>();
  for (const [sample, written] of samples.entries())
    for (const [start, hash] of hashes(written)) {
      const others = places.get(hash);
      if (others === undefined) places.set(hash, [{ sample, start }]);
      else others.push({ sample, start });
    }
  const marks = samples.map((written) => new Uint8Array(written.length));
  let longest = "";
  for (const [from, hash] of hashes(text)) {
    for (const { sample, start } of places.get(hash) ?? []) {
      const written = at(samples, sample);
      let length = 0;
      while (start + length < written.length && written[start + length] === text[from + length]) length += 1;
      if (length < LEAST) continue; // another text of the same hash
      at(marks, sample).fill(1, start, start + length);
      if (length > longest.length) longest = written.slice(start, start + length);
    }
  }
  const all = samples.reduce((sum, { length }) => sum + length, 0);
  const copied = marks.reduce((sum, mark) => sum + mark.reduce((a, b) => a + b, 0), 0);
  return { longest, share: all === 0 ? 0 : copied / all };
}

/** Hash of each stretch of the least length, with its place. */
function* hashes(text: string): Generator<readonly [start: number, hash: number]> {
  let hash = 0;
  let power = 1;
  for (let i = 1; i < LEAST; i += 1) power = Math.imul(power, BASE);
  for (let i = 0; i < text.length; i += 1) {
    if (i >= LEAST) hash = (hash - Math.imul(text.charCodeAt(i - LEAST), power)) | 0;
    hash = (Math.imul(hash, BASE) + text.charCodeAt(i)) | 0;
    if (i >= LEAST - 1) yield [i - LEAST + 1, hash];
  }
}

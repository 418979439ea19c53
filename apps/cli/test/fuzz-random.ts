import { randomOf } from "@trainer/testing";

/** Draws from a seed; seeds side by side have nothing in common. */
export class Random {
  readonly #next: () => number;
  constructor(seed: number) {
    this.#next = randomOf(Math.imul(seed, 0x9e3779b1));
  }
  /** A whole number below `n`, which is at least 1. */
  below(n: number): number {
    return Math.floor(this.#next() * n);
  }
  pick<T>(from: readonly T[]): T {
    const [found] = from.slice(this.below(from.length));
    if (found === undefined) throw new Error("nothing to pick from");
    return found;
  }
  /** A part of something of this length, short ones as likely as long ones. */
  part(length: number): [from: number, to: number] {
    const from = this.below(length + 1);
    return [from, Math.min(length, from + this.below(2 ** this.below(17)) + 1)];
  }
}

/** Numbers as JSON and other texts write them; JSON.parse makes Infinity of 1e999. */
export const EXTREMES = [
  "0",
  "-1",
  "1",
  "2147483648",
  "4294967295",
  "9007199254740992",
  "1e308",
  "-1e308",
  "1e999",
  "1e-320",
];

/** Makes something else of a value; `others` are those it may take something from. */
export type Edit<T> = (value: T, r: Random, others: readonly T[]) => T;

import type { Init } from "./params.js";
import type { Generator } from "./random.js";

/** Normal numbers around 0. */
export function normal(std: number, generator?: Generator): Init {
  return (t) => t.normal_(0, std, generator);
}

/** Uniform numbers in [-bound, bound). */
export function uniform(bound: number, generator?: Generator): Init {
  return (t) => t.uniform_(-bound, bound, generator);
}

export const zeros: Init = (t) => t.zero_();

export const ones: Init = (t) => t.fill_(1);

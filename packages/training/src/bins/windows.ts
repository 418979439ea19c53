import { permutation } from "../corpus/permutation.js";

/** Number of sequences of `seqLen` targets that a stream of ids is cut into; the last may be shorter. */
export const sequencesIn = (tokens: number, seqLen: number): number => Math.ceil((tokens - 1) / seqLen);

/** A stretch of a token stream that a model reads at once. */
export interface Window {
  /** The first token it reads. */
  readonly start: number;
  /** The targets that count: from the token at `from` up to that before `to`. Others before them are read only. */
  readonly from: number;
  readonly to: number;
}

export interface WindowOptions {
  /** Tokens in the stream. */
  readonly tokens: number;
  readonly context: number;
  /** Tokens between the starts of two windows: at most a context, and then none is read twice. */
  readonly stride: number;
}

/** Number of windows of a stream: every token but the first is a target once. */
export const windowCount = ({ tokens, context, stride }: WindowOptions): number =>
  1 + Math.max(0, Math.ceil((tokens - 1 - context) / stride));

/** Window i of a stream. */
export function windowAt(i: number, { tokens, context, stride }: WindowOptions): Window {
  const start = i * stride;
  const shared = i === 0 ? 0 : context - stride;
  return { start, from: start + shared + 1, to: Math.min(start + context + 1, tokens) };
}

/** As many windows, drawn by the seed, in their order, as make `targets`; all of them for 0. */
export function sampleWindows(options: WindowOptions, targets: number, seed: number): readonly number[] {
  const count = windowCount(options);
  const wanted = targets === 0 ? count : Math.min(count, Math.ceil(targets / options.stride));
  if (wanted === count) return Array.from({ length: count }, (_, i) => i);
  const place = permutation(count, `evaluation:${seed}`);
  return Array.from({ length: wanted }, (_, i) => place(i)).toSorted((a, b) => a - b);
}

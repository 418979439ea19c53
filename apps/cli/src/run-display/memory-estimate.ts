import type { Outline } from "@trainer/models/capabilities";
import { formatBytes } from "../display/quantity.js";

/** Inputs of a run's memory estimate, beside those of the run's own events. */
export interface Demand {
  readonly outline: Pick<Outline, "layers" | "width">;
  /** Numbers that the optimizer keeps for each weight: Adam's two moments, or none. */
  readonly moments: number;
}

const FLOAT = 4;
/** Node, libtorch and what it allocates for itself. */
const RUNTIME = 350 * 1024 ** 2;
/** Numbers of the width that a layer keeps for its backward pass: norms, q k v, attention, projections, feed-forward. */
const KEPT_PER_LAYER = 20;

/** Bytes that training takes, to within a half or so: weights, gradients, moments and what backward needs. */
export function estimateMemory(
  { outline: { layers, width }, moments }: Demand,
  { parameters, batchSize, maxSeqLen }: { parameters: number; batchSize: number; maxSeqLen: number },
): number {
  const state = parameters * (2 + moments);
  const activations = batchSize * maxSeqLen * width * (layers * KEPT_PER_LAYER + 6);
  return RUNTIME + FLOAT * (state + activations);
}

/** The estimate as a line, with what to do where there is less. */
export function memoryLine(bytes: number, free: number): string {
  const line = `memory     about ${formatBytes(bytes)} of ${formatBytes(free)} that are free`;
  if (bytes <= free) return line;
  return `${line}\nwarning: this may not fit. A smaller --batch-size with --grad-accum-steps, --max-seq-len or --size needs less.`;
}

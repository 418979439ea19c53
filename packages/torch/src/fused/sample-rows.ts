import { where } from "../create.js";
import { softmax } from "../functional.js";
import { cumsum, logicalAnd } from "../ops.js";
import type { Tensor } from "../tensor.js";
import * as kernels from "./kernels.js";
import { fusableOnGpu } from "./switch.js";

/** Sampling of an id from a row of logits: the penalty, the temperature, then top-k, top-p and min-p. */
export interface RowSampling {
  /** 0: always the likeliest. */
  readonly temperature: number;
  /** Keeps the k likeliest; 0: all. */
  readonly topK: number;
  /**
   * Keeps the likeliest, until their probabilities together exceed p (Holtzman et al. 2020); 0: the likeliest alone, 1:
   * all.
   */
  readonly topP: number;
  /** Keeps those at least this many times as likely as the likeliest (Nguyen et al. 2024); 0: all. */
  readonly minP: number;
  /** Divisor of positive logits of seen ids, and factor of negative ones (Keskar et al. 2019). */
  readonly repetitionPenalty: number;
}

/** The smallest normal float32: what is less may count as 0 on a device. */
const LEAST_TEMPERATURE = 2 ** -126;

/** True if sampling is deterministic. */
export const isGreedy = ({ temperature, topP }: Pick<RowSampling, "temperature" | "topP">): boolean =>
  temperature < LEAST_TEMPERATURE || topP === 0;

/** 0 where nothing is left to chance. */
const temperatureOf = (how: RowSampling): number => (isGreedy(how) ? 0 : how.temperature);

/** Number of likeliest ids that the kernel sorts. */
const RANKED = 1024;

/** Reference of `sampleRows`, by plain operators that read nothing back from the device. */
export function sampleRowsReference(logits: Tensor, seen: Tensor | null, how: RowSampling, uniform: Tensor): Tensor {
  const { topK, topP, minP, repetitionPenalty } = how;
  const temperature = temperatureOf(how);
  const rows = seen === null ? logits : penalized(logits, seen, repetitionPenalty);
  if (temperature === 0) return rows.argmax(1);
  const probabilities = softmax(rows.sub(rows.max(1, true)).div(temperature), -1); // small temperatures overflow nothing
  const share = uniform.unsqueeze(1);
  if (topK === 0 && !cuts(topP, minP)) return placeOf(cumsum(probabilities, 1, "float64"), share);
  const count = topK > 0 ? Math.min(topK, logits.size(1)) : logits.size(1);
  const [values, ids] = probabilities.topk(count); // (B, k) each, the likeliest first
  const weights = values.to("float64");
  const upTo = weights.cumsum(1);
  const mass = topP < 1 ? topP : Infinity;
  const likely = values.ge(values.narrow(1, 0, 1).mul(minP));
  const within = upTo.sub(weights).le(topK > 0 ? upTo.narrow(1, count - 1, 1).mul(mass) : mass);
  const kept = where(logicalAnd(likely, within), weights, weights.mul(0));
  return ids.gather(1, placeOf(kept.cumsum(1), share).unsqueeze(1)).select(1, 0);
}

/**
 * Draws an id from each row of logits (B, V) by its number in [0, 1), uniform (B) float64: (B) int64. `seen`, (B, V)
 * bool, marks the ids that the penalty applies to. All of it runs on the logits' device, and nothing is read back.
 */
export function sampleRows(
  logits: Tensor,
  seen: Tensor | null,
  how: RowSampling,
  uniform: Tensor,
  onGpu = drawsOnGpu(logits, how),
): Tensor {
  if (!onGpu) return sampleRowsReference(logits, seen, how, uniform);
  const { topK, topP, minP, repetitionPenalty } = how;
  return kernels.sampleRows(logits, seen, uniform, temperatureOf(how), topK, topP, minP, repetitionPenalty);
}

/** The kernel puts some of the likeliest in order, not all. */
function drawsOnGpu(logits: Tensor, how: RowSampling): boolean {
  const { topK, topP, minP } = how;
  const ranks = isGreedy(how) || (topK === 0 ? !cuts(topP, minP) : topK <= RANKED);
  return ranks && fusableOnGpu([logits]);
}

const cuts = (topP: number, minP: number): boolean => topP < 1 || minP > 0;

/** The first place of each row of growing sums (B, n) that exceeds the row's share (B, 1) of the last. */
function placeOf(upTo: Tensor, share: Tensor): Tensor {
  const last = upTo.size(1) - 1;
  return upTo
    .le(upTo.narrow(1, last, 1).mul(share))
    .sum(1)
    .clamp(0, last);
}

const penalized = (logits: Tensor, seen: Tensor, penalty: number): Tensor =>
  where(seen, where(logits.lt(0), logits.mul(penalty), logits.div(penalty)), logits);

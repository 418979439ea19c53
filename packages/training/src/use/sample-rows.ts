import { aten, softmax, where, type Tensor } from "@trainer/torch";
import type { Sampling } from "./sample.js";

/**
 * Draws an id from each row of logits (B, V) by its number in [0, 1), uniform (B) float64: (B) int64, what `sample` draws
 * from the same logits and number, but for their rounding. All of it is done where the logits are, and nothing read back.
 */
export function sampleRows(logits: Tensor, { temperature, topK, topP, minP }: Sampling, uniform: Tensor): Tensor {
  if (temperature === 0) return logits.argmax(1);
  const probabilities = softmax(logits.div(temperature), -1);
  const mass = topP > 0 && topP < 1 ? topP : Infinity;
  const draw = uniform.unsqueeze(1);
  if (topK === 0 && mass === Infinity && minP === 0) return placeOf(aten.cumsum(probabilities, 1, "float64"), draw);
  const count = topK > 0 ? Math.min(topK, logits.size(1)) : logits.size(1);
  const [values, ids] = probabilities.topk(count); // (B, k) each, the likeliest first
  const weights = values.to("float64");
  const upTo = weights.cumsum(1);
  const before = upTo.sub(weights);
  const likely = values.ge(values.narrow(1, 0, 1).mul(minP));
  const within = before.le(topK > 0 ? upTo.narrow(1, count - 1, 1).mul(mass) : mass);
  const kept = aten.logicalAnd(likely, within);
  const place = placeOf(where(kept, weights, weights.mul(0)).cumsum(1), draw);
  return ids.gather(1, place.unsqueeze(1)).select(1, 0);
}

/** The first place of each row of growing sums (B, n) that exceeds the row's share (B, 1) of the last. */
function placeOf(upTo: Tensor, share: Tensor): Tensor {
  const last = upTo.size(1) - 1;
  return upTo
    .le(upTo.narrow(1, last, 1).mul(share))
    .sum(1)
    .clamp(0, last);
}

/** `penalize` of rows (B, V): `seen` says which tokens of each were seen, (B, V) bool. */
export function penalizeRows(logits: Tensor, seen: Tensor, penalty: number): Tensor {
  return where(seen, where(logits.lt(0), logits.mul(penalty), logits.div(penalty)), logits);
}

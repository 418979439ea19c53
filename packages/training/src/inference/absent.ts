import { tensor, type Tensor } from "@trainer/torch";

/**
 * What to add to logits (..., V) so that ids that stand for no token are never drawn: minus infinity at these, else 0.
 * Null where every id stands for a token.
 */
export function absentBias(absent: readonly number[], vocab: number, device: Tensor["device"]): Tensor | null {
  if (absent.length === 0) return null;
  const bias = new Float32Array(vocab);
  for (const id of absent) bias[id] = -Infinity;
  return tensor(bias, [vocab], { device });
}

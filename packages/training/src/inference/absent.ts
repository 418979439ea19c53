import { tensor, type Tensor } from "@trainer/torch";

/**
 * Addend for logits (..., V) so that ids without a token are never drawn: minus infinity at these, else 0. Null if
 * every id has a token.
 */
export function absentBias(absent: readonly number[], vocab: number, device: Tensor["device"]): Tensor | null {
  if (absent.length === 0) return null;
  const bias = new Float32Array(vocab);
  for (const id of absent) bias[id] = -Infinity;
  return tensor(bias, [vocab], { device });
}

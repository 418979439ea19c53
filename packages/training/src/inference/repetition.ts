import { op, tensor, where, type Tensor } from "@trainer/torch";

const scatter = op<[a: Tensor, dim: number, index: Tensor, source: Tensor], Tensor>("aten::scatter.src");

/**
 * Logits (V) with those of seen tokens divided by `penalty` where they are positive, multiplied by it where they are
 * not: above 1 repetitions become less likely (Keskar et al. 2019), as transformers has it.
 */
export function penalize(logits: Tensor, seen: ReadonlySet<number>, penalty: number): Tensor {
  const ids = tensor([...seen], [seen.size], { dtype: "int64", device: logits.device });
  const seenLogits = logits.gather(0, ids);
  return scatter(logits, 0, ids, where(seenLogits.lt(0), seenLogits.mul(penalty), seenLogits.div(penalty)));
}

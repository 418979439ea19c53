import type { CausalLm } from "@trainer/models";
import { linearCrossEntropy, stack, type Tensor } from "@trainer/torch";
import { IGNORED } from "../bins/batch.js";

/**
 * The log-probability of each row's targets, their sum, of hidden states (B, T, C) and targets (B, T) -> (B) float32. One
 * row after another by the fused loss, whose logits are never all there.
 */
export function logProbabilities(model: CausalLm, hidden: Tensor, targets: Tensor): Tensor {
  const { headBias: bias, softcap } = model;
  const counts = targetCounts(targets);
  const means = Array.from({ length: targets.size(0) }, (_, row) =>
    linearCrossEntropy(hidden.select(0, row), model.head, targets.select(0, row), { bias, softcap }).to("float32"),
  );
  return stack(means).mul(counts).neg();
}

/** The number of each row's targets that count. (B, T) -> (B) float32 */
export const targetCounts = (targets: Tensor): Tensor => targets.ne(IGNORED).sum(1).to("float32");

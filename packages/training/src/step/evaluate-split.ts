import type { CausalLm } from "@trainer/models";
import { emptyCache, noGrad, Readback, scope, stack } from "@trainer/torch";
import { setImmediate } from "node:timers/promises";
import { weightOf, type Batch } from "../bins/batch.js";
import { nextToken, type Objective } from "./objective.js";
import { withMemory } from "./out-of-memory.js";
import { inPrecision, type Compute } from "./precision.js";

export interface SplitEvaluation {
  /** Mean cross entropy in nats per token, or what another objective is a mean of. */
  readonly loss: number;
  /** exp(loss), whatever the loss is. */
  readonly perplexity: number;
  /** Bits per UTF-8 byte and per character of the predicted text, by which models with different tokenizers compare. */
  readonly bitsPerByte: number | null;
  readonly bitsPerCharacter: number | null;
  /** Number of predicted tokens. */
  readonly tokens: number;
  /** Means of what else the objective tells; without any: {}. */
  readonly figures: Readonly<Record<string, number>>;
}

/** Null where an objective with figures of its own is measured, whose loss is no cross entropy. */
export const perplexityOf = ({ perplexity, figures }: SplitEvaluation): number | null =>
  Object.keys(figures).length === 0 ? perplexity : null;

/** Data of an evaluation: its batches in order, and the size of their targets' text. */
export interface EvaluationData {
  readonly batches: number;
  next(): Batch;
  /** Null where the text does not come back from its tokens: what it would take to tell the rest is not in the loss. */
  readonly text: { readonly bytes: number; readonly characters: number } | null;
}

/**
 * The model's loss on a split, every token with equal weight in whatever batch it is; by another `objective` what that is a mean of. Stops between batches when
 * `signal` is aborted, and returns null. A batch that runs out of memory is tried once more after `freeMemory`.
 */
export async function evaluateSplit(
  model: CausalLm,
  data: EvaluationData,
  compute: Compute,
  signal?: AbortSignal,
  freeMemory: () => void = () => emptyCache(compute.device),
  onBatch: (done: number, batches: number) => void = () => {},
  objective: Objective = nextToken(),
): Promise<SplitEvaluation | null> {
  let nats = 0;
  let tokens = 0;
  let weights = 0;
  const sums = new Map<string, number>();
  const queued: { readonly means: Readback; readonly names: readonly string[]; readonly weight: number }[] = [];
  /** Waits for the losses of all but the last `left` batches. */
  const read = (left: number) => {
    for (const { means, names, weight } of queued.splice(0, queued.length - left)) {
      const [mean, ...figures] = means.values();
      nats += Number(mean) * weight;
      for (const [i, name] of names.entries()) sums.set(name, (sums.get(name) ?? 0) + Number(figures[i]) * weight);
    }
  };
  for (let i = 0; i < data.batches; i++) {
    if (signal?.aborted === true) return null;
    onBatch(i, data.batches);
    scope(() => {
      const batch = data.next();
      if (batch.tokens === 0) return; // of conversations it may have no answer: its mean would be no number
      const forward = () =>
        noGrad(() => inPrecision(compute, () => objective.ofBatch(model, batch, { training: false })));
      const { loss, figures = {} } = withMemory(forward, freeMemory);
      const weight = weightOf(batch);
      const means = new Readback(stack([loss, ...Object.values(figures)]));
      queued.push({ means, names: Object.keys(figures), weight });
      weights += weight;
      tokens += batch.tokens;
    });
    read(1); // a GPU has a batch to compute meanwhile
    await setImmediate(); // lets signals and other work in
  }
  read(0);
  const mean = nats / weights;
  const bits = nats / Math.LN2;
  return {
    loss: mean,
    perplexity: Math.exp(mean),
    bitsPerByte: data.text && bits / data.text.bytes,
    bitsPerCharacter: data.text && bits / data.text.characters,
    tokens,
    figures: Object.fromEntries([...sums].map(([name, sum]) => [name, sum / weights])),
  };
}

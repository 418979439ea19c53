import { loss, type CausalLm } from "@trainer/models";
import { emptyCache, noGrad, Readback, scope } from "@trainer/torch";
import { setImmediate } from "node:timers/promises";
import type { Batch } from "../bins/batch.js";
import { withMemory } from "./out-of-memory.js";
import { inPrecision, type Compute } from "./precision.js";

export interface SplitEvaluation {
  /** Mean cross entropy in nats per token. */
  readonly loss: number;
  /** exp(loss). */
  readonly perplexity: number;
  /** Bits per UTF-8 byte and per character of the predicted text, by which models with different tokenizers compare. */
  readonly bitsPerByte: number | null;
  readonly bitsPerCharacter: number | null;
  /** Number of predicted tokens. */
  readonly tokens: number;
}

/** Data of an evaluation: its batches in order, and the size of their targets' text. */
export interface EvaluationData {
  readonly batches: number;
  next(): Batch;
  /** Null where the text does not come back from its tokens: what it would take to tell the rest is not in the loss. */
  readonly text: { readonly bytes: number; readonly characters: number } | null;
}

/**
 * The model's loss on a split, every token with equal weight in whatever batch it is. Stops between batches when
 * `signal` is aborted, and returns null. A batch that runs out of memory is tried once more after `freeMemory`.
 */
export async function evaluateSplit(
  model: CausalLm,
  data: EvaluationData,
  compute: Compute,
  signal?: AbortSignal,
  freeMemory: () => void = () => emptyCache(compute.device),
  onBatch: (done: number, batches: number) => void = () => {},
): Promise<SplitEvaluation | null> {
  let nats = 0;
  let tokens = 0;
  const queued: { readonly mean: Readback; readonly tokens: number }[] = [];
  /** Waits for the losses of all but the last `left` batches. */
  const read = (left: number) => {
    for (const { mean, tokens } of queued.splice(0, queued.length - left)) nats += Number(mean.values()[0]) * tokens;
  };
  for (let i = 0; i < data.batches; i++) {
    if (signal?.aborted === true) return null;
    onBatch(i, data.batches);
    scope(() => {
      const batch = data.next();
      if (batch.tokens === 0) return; // of conversations it may have no answer: its mean would be no number
      const forward = () => noGrad(() => inPrecision(compute, () => loss(model, batch, { training: false })));
      const mean = withMemory(forward, freeMemory);
      queued.push({ mean: new Readback(mean), tokens: batch.tokens });
      tokens += batch.tokens;
    });
    read(1); // a GPU has a batch to compute meanwhile
    await setImmediate(); // lets signals and other work in
  }
  read(0);
  const mean = nats / tokens;
  const bits = nats / Math.LN2;
  return {
    loss: mean,
    perplexity: Math.exp(mean),
    bitsPerByte: data.text && bits / data.text.bytes,
    bitsPerCharacter: data.text && bits / data.text.characters,
    tokens,
  };
}

import { loss, type CausalLm } from "@trainer/models";
import { noGrad, scope } from "@trainer/torch";
import { setImmediate } from "node:timers/promises";
import type { Batch } from "../bins/batch-loader.js";
import { inPrecision, type Compute } from "./precision.js";

export interface SplitEvaluation {
  /** Mean cross entropy in nats per token. */
  readonly loss: number;
  /** exp(loss). */
  readonly perplexity: number;
  /** Bits per byte of the split's UTF-8 text, by which models with different tokenizers compare. */
  readonly bitsPerByte: number;
  /** How many tokens were predicted. */
  readonly tokens: number;
}

/** What is evaluated: its batches in order, and how long the text is that they encode. */
export interface EvaluationData {
  readonly batches: number;
  next(): Batch;
  /** UTF-8 bytes of the text. */
  readonly bytes: number;
}

/**
 * The model's loss on a split, every token weighing the same whatever batch it is in. Stops between batches when
 * `signal` is aborted, and returns null.
 */
export async function evaluateSplit(
  model: CausalLm,
  data: EvaluationData,
  compute: Compute,
  signal?: AbortSignal,
): Promise<SplitEvaluation | null> {
  let nats = 0;
  let tokens = 0;
  for (let i = 0; i < data.batches; i++) {
    if (signal?.aborted === true) return null;
    scope(() => {
      const batch = data.next();
      const mean = noGrad(() => inPrecision(compute, () => loss(model, batch, { training: false })));
      nats += mean.item() * batch.tokens;
      tokens += batch.tokens;
    });
    await setImmediate(); // lets signals and other work in
  }
  const mean = nats / tokens;
  return { loss: mean, perplexity: Math.exp(mean), bitsPerByte: nats / Math.LN2 / data.bytes, tokens };
}

import type { MetricsRow, RunProgress } from "@trainer/platform";
import type { RunDisplay } from "../run-display/run-display.js";

type Shown = Parameters<RunDisplay["show"]>[0];

/** JSON has no infinity: a figure that is none there has grown beyond all bounds. */
export const orInfinity = (figure: number | null): number => figure ?? Infinity;
const orZero = (figure: number | null): number => figure ?? 0;

/**
 * A line of a run's metrics, as the event that it was written for.
 * @param best the least loss of a validation so far
 */
export function rowEvent(row: MetricsRow, training: RunProgress | null, best: number): Shown {
  const { step, epoch, tokens: tokensSeen } = row;
  if ("split" in row) {
    const loss = orInfinity(row.loss);
    return {
      type: "eval",
      split: row.split,
      step,
      weightsStep: row.weights_step,
      epoch,
      tokensSeen,
      loss,
      ppl: orInfinity(row.ppl),
      bitsPerByte: row.bits_per_byte,
      best: row.split === "validation" && loss < best,
      seconds: 0,
      sources: row.sources?.map((each) => ({
        source: each.source,
        loss: orInfinity(each.loss),
        ppl: orInfinity(each.ppl),
        bitsPerByte: each.bits_per_byte,
        tokens: each.tokens,
      })),
      alarms: row.alarms,
    };
  }
  const { total_steps: totalSteps, total_epochs: epochs } = training ?? { total_steps: step, total_epochs: epoch + 1 };
  return {
    type: "step",
    step,
    totalSteps,
    epoch,
    epochs,
    loss: orInfinity(row.train_loss),
    ppl: orInfinity(row.train_ppl),
    lr: orZero(row.lr),
    gradNorm: orInfinity(row.grad_norm),
    tokensSeen,
    tokensPerSec: orZero(row.tokens_per_sec),
    samplesPerSec: 0,
    stepMs: orZero(row.step_ms),
    etaSeconds: orZero(row.eta_seconds),
    rssBytes: orZero(row.rss_bytes),
    skippedSteps: row.skipped_steps,
    gpuPeakBytes: row.gpu_peak_bytes,
    alarms: row.alarms,
  };
}

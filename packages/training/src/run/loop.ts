import { setImmediate } from "node:timers/promises";
import { memoryStats } from "@trainer/torch";
import type { Batch } from "../bins/batch-loader.js";
import { list } from "../checkpoint/list.js";
import { TrainingError } from "../errors.js";
import { evaluateSplit } from "./evaluate-split.js";
import type { LiveRun } from "./live-run.js";
import { stepFailure } from "./out-of-memory.js";
import { save } from "./save.js";
import { trainStep, type StepResult } from "./step.js";
import { Throughput } from "./throughput.js";

/**
 * Trains until the run is finished or its signal is aborted; either way it is saved as it stands. Every turn of the loop
 * leaves the run in a state that a checkpoint can hold: a validation that is due is part of it.
 */
export async function trainingLoop(run: LiveRun): Promise<"finished" | "interrupted"> {
  const { progress, signal } = run;
  const throughput = new Throughput();
  const saving = new Saving(run);
  for (;;) {
    const validated = progress.evalDue ? await validate(run) : "not due";
    if (validated === "best" || progress.finished || signal?.aborted === true || saving.due()) {
      await saving.save(validated === "best");
    }
    if (progress.finished || validated === "interrupted" || signal?.aborted === true) {
      run.profiler.end();
      return validated !== "interrupted" && progress.finished ? "finished" : "interrupted";
    }
    await step(run, throughput);
    await setImmediate(); // lets signals and other work in
  }
}

async function step(run: LiveRun, throughput: Throughput): Promise<void> {
  const { progress, plan, stepper, loader, options, splits } = run;
  const step = progress.step + 1;
  const lr = plan.learningRate(step);
  stepper.optimizer.lr = lr;
  const began = performance.now();
  let result: StepResult;
  try {
    const take = (next: () => Batch) => trainStep(stepper, next, plan.batchesOf(step));
    result = run.profiler.run(take, () => loader.next());
  } catch (error) {
    const { batch_size: batchSize } = run.manifest.current;
    throw await located(stepFailure(error, { ...options, device: stepper.compute.device, batchSize }), run, step);
  }
  const ms = performance.now() - began;
  const samples = plan.batchesOf(step) * run.manifest.current.batch_size;
  throughput.add(ms, result.tokens, samples);
  progress.step = step;
  progress.tokensSeen += result.tokens;
  progress.trainLoss = result.loss;
  progress.finished = step === plan.totalSteps;
  progress.evalDue = splits.validation !== null && plan.evaluatesAfter(step);
  if (step === 1 || step % options.logEvery === 0 || progress.finished) logStep(run, result, lr, throughput);
  run.onStep?.({
    step,
    totalSteps: plan.totalSteps,
    epoch: plan.epochOf(step),
    epochs: plan.epochs,
    endsEpoch: plan.epochOf(step + 1) !== plan.epochOf(step),
    loss: result.loss,
    gradNorm: result.gradNorm,
    lr,
    samples,
    tokens: result.tokens,
    ms,
  });
}

function logStep(
  { progress, plan, metrics, reporter, mayWrite }: LiveRun,
  r: StepResult,
  lr: number,
  t: Throughput,
): void {
  const { step } = progress;
  const epoch = plan.epochOf(step);
  const ppl = Math.exp(r.loss);
  const rate = t.take();
  const etaSeconds = (plan.totalSteps - step) * t.secondsPerStep();
  const { rssBytes, cuda } = memoryStats();
  const gpuPeakBytes = cuda?.peakAllocatedBytes;
  mayWrite();
  metrics.write({
    step,
    epoch,
    tokens: progress.tokensSeen,
    train_loss: r.loss,
    train_ppl: ppl,
    lr,
    grad_norm: r.gradNorm,
    tokens_per_sec: rate.tokensPerSec,
    step_ms: rate.stepMs,
    eta_seconds: etaSeconds,
    rss_bytes: rssBytes,
    gpu_peak_bytes: gpuPeakBytes,
  });
  reporter.emit({
    type: "step",
    step,
    totalSteps: plan.totalSteps,
    epoch,
    epochs: plan.epochs,
    loss: r.loss,
    ppl,
    lr,
    gradNorm: r.gradNorm,
    tokensSeen: progress.tokensSeen,
    ...rate,
    etaSeconds,
    rssBytes,
    gpuPeakBytes,
  });
}

async function validate(run: LiveRun): Promise<"best" | "not the best" | "interrupted"> {
  const { progress, early } = run;
  const loss = await evaluate(run, "validation", (loss) => early.observe(loss, progress.step));
  if (loss === null) return "interrupted";
  progress.evalDue = false;
  if (early.exhausted) progress.finished = true;
  return early.bestStep === progress.step ? "best" : "not the best";
}

/** The run's loss on a split, told and noted; null if it has no such split or was interrupted. */
export async function evaluate(
  run: LiveRun,
  split: "validation" | "test",
  isBest: (loss: number) => boolean,
): Promise<{ loss: number; perplexity: number; bitsPerByte: number } | null> {
  const open = run.splits[split];
  if (open === null) return null;
  const { stepper, progress, plan, metrics, reporter, signal } = run;
  const began = performance.now();
  using data = open();
  const result = await evaluateSplit(stepper.model, data, stepper.compute, signal);
  if (result === null) return null;
  const { loss, perplexity: ppl, bitsPerByte } = result;
  if (!Number.isFinite(loss)) {
    const error = new TrainingError("TRAINING_NAN_LOSS", "FATAL", `the ${split} loss became ${loss}`);
    throw await located(error, run, progress.step);
  }
  const { step } = progress;
  const epoch = plan.epochOf(step);
  run.mayWrite();
  metrics.write({
    step,
    epoch,
    tokens: progress.tokensSeen,
    split,
    loss,
    ppl,
    bits_per_byte: bitsPerByte,
  });
  const seconds = (performance.now() - began) / 1000;
  reporter.emit({ type: "eval", split, step, epoch, loss, ppl, bitsPerByte, best: isBest(loss), seconds });
  return result;
}

/** The same error with where it happened and what there is to go back to. */
async function located(error: TrainingError, run: LiveRun, step: number): Promise<TrainingError> {
  const [newest] = await list(run.folder.checkpoints);
  const last = newest === undefined ? "there is no checkpoint yet" : `the last good checkpoint is ${newest.name}`;
  const { code, failureClass, message } = error;
  return new TrainingError(code, failureClass, `step ${step}: ${message}; ${last}`, { cause: error });
}

/** When to save, and what is saved already: at a session's beginning all there is. */
class Saving {
  #step: number;
  #at = performance.now();
  #saved: string;

  constructor(readonly run: LiveRun) {
    this.#step = run.progress.step;
    this.#saved = this.#state();
  }

  /** By the number of steps or the minutes since the last time. */
  due(): boolean {
    const { progress, options } = this.run;
    if (progress.step === this.#step) return false;
    const minutes = (performance.now() - this.#at) / 60_000;
    const bySteps = options.checkpointEvery > 0 && progress.step % options.checkpointEvery === 0;
    return bySteps || (options.checkpointMinutes > 0 && minutes >= options.checkpointMinutes);
  }

  async save(best: boolean): Promise<void> {
    if (this.#state() === this.#saved) return;
    await save(this.run, best);
    this.#saved = this.#state();
    this.#step = this.run.progress.step;
    this.#at = performance.now();
  }

  #state(): string {
    const { step, evalDue } = this.run.progress;
    return `${step} ${evalDue}`;
  }
}

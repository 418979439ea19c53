import { setImmediate } from "node:timers/promises";
import { checkpointOf } from "../checkpoint/list.js";
import { TrainingError } from "../errors.js";
import type { SplitEvaluation } from "../step/evaluate-split.js";
import { batchesOf, evaluateTexts, sourceFigures } from "../step/evaluate-texts.js";
import { objectiveOf } from "../preference/objectives.js";
import type { RunEvent } from "./events.js";
import type { LiveRun } from "./live-run.js";
import { located } from "./located.js";
import { figuresOrUndefined, orUndefined } from "../home/metrics-lines.js";
import { tellAlarms } from "./alarms.js";
import { rewind } from "./rewind.js";
import { everyOf } from "./rewind-steps.js";
import { save, settle } from "./save.js";
import { StepQueue } from "./step-queue.js";
import { trainNewRows } from "./train-new-rows.js";

/**
 * Trains until the run is finished or its signal is aborted; either way it is saved. Every round of the loop leaves the
 * run in a state that a checkpoint can hold: a due validation is part of it, and due samples are.
 */
export async function trainingLoop(run: LiveRun): Promise<"finished" | "interrupted"> {
  const { progress } = run.course;
  const { folder, options } = run.session;
  if (progress.step > 0) await settle(run, await checkpointOf(folder.checkpoints, progress.step));
  else if ((await trainNewRows(run)) || options.onDivergence === "rewind") await save(run); // something to go back to
  for (;;) {
    try {
      return await stepsToEnd(run);
    } catch (error) {
      await rewind(run, TrainingError.from(error));
    }
  }
}

async function stepsToEnd(run: LiveRun): Promise<"finished" | "interrupted"> {
  const { progress } = run.course;
  const { signal } = run.session.context;
  const steps = new StepQueue(run);
  const saving = new Saving(run);
  for (;;) {
    if (progress.evalDue || progress.sampleDue) await steps.flush();
    const validated = progress.evalDue ? await validate(run) : "not due";
    const sampled = validated === "interrupted" ? validated : await sampleIfDue(run);
    if (validated === "best" || progress.finished || signal?.aborted === true || saving.due()) {
      await steps.flush();
      await saving.save();
    }
    if (progress.finished || sampled === "interrupted" || signal?.aborted === true) {
      run.profiler.end();
      return sampled !== "interrupted" && progress.finished ? "finished" : "interrupted";
    }
    await steps.next();
    await setImmediate(); // lets signals and other work in
  }
}

async function validate(run: LiveRun): Promise<"best" | "not the best" | "interrupted"> {
  const { progress, early, trainedOnFrom } = run.course;
  const { step } = progress;
  const isBest = (found: SplitEvaluation) => early.observe(found.loss, step, figuresOrUndefined(found.figures));
  const result = await evaluate(run, "validation", step, isBest);
  if (result === null) return "interrupted";
  progress.evalDue = false;
  if (progress.step === trainedOnFrom) early.renew();
  if (early.exhausted) progress.finished = true;
  return early.bestStep === progress.step ? "best" : "not the best";
}

/**
 * The loss on a split of the weights of a step, reported and logged; null if there is no such split or it was
 * interrupted.
 */
export async function evaluate(
  run: LiveRun,
  split: "validation" | "test",
  weightsStep: number,
  isBest: (result: SplitEvaluation) => boolean,
): Promise<SplitEvaluation | null> {
  const planned = run.data.splits[split];
  if (planned === null) return null;
  const { metrics, reporter } = run;
  const { progress, plan, watch } = run.course;
  const { stepper } = run.learner;
  const { signal } = run.session.context;
  const began = performance.now();
  const onBatch = (done: number, batches: number) => reporter.emit({ type: "evaluating", of: split, done, batches });
  const objective = objectiveOf({ ...run.session.options, zLoss: 0 });
  const evaluated = () =>
    evaluateTexts(stepper.model, planned, stepper.compute, signal, run.freeMemory, onBatch, objective);
  const result = await run.learner.asUsed(evaluated).catch(async (error: unknown) => {
    throw await located(error, run, progress.step);
  });
  if (result === null) return null;
  const { loss, perplexity: ppl, bitsPerByte } = result;
  if (!Number.isFinite(loss)) {
    const error = new TrainingError("TRAINING_NAN_LOSS", `the ${split} loss became ${loss}`);
    throw await located(error, run, progress.step);
  }
  const { step, tokensSeen } = progress;
  const ofOthers = weightsStep === step ? undefined : weightsStep;
  const sources = orUndefined(sourceFigures(run.data.sources, result.sources));
  const at = { split, step, weightsStep: ofOthers, epoch: plan.epochOf(step), tokensSeen };
  const figures = { ...at, loss, ppl, bitsPerByte, sources, figures: figuresOrUndefined(result.figures) };
  run.assertOwned();
  const best = isBest(result);
  const alarms = split === "validation" ? watch.validation({ step, loss, isBest: best }) : [];
  tellAlarms(run, alarms);
  const told = { ...figures, alarms: orUndefined(alarms.map(({ symptom }) => symptom)) };
  metrics.write(told);
  const seconds = (performance.now() - began) / 1000;
  run.pace.add(batchesOf(planned), seconds);
  reporter.emit({ type: "eval", ...told, best, seconds });
  return result;
}

/** The training goes on without samples that cannot be made: that is a warning. */
async function sampleIfDue(run: LiveRun): Promise<"done" | "interrupted"> {
  const { sampler, reporter } = run;
  const { progress } = run.course;
  const { signal } = run.session.context;
  if (sampler === null || !progress.sampleDue) return "done";
  const { step } = progress;
  const began = performance.now();
  let told: RunEvent;
  try {
    const samples = await run.learner.asUsed(() => sampler.texts(signal));
    run.assertOwned();
    sampler.file.append(samples.map((sample) => ({ step, ...sample })));
    told = { type: "sample", step, samples, seconds: (performance.now() - began) / 1000 };
  } catch (error) {
    if (signal?.aborted === true) return "interrupted";
    told = { type: "warning", message: `step ${step}: no samples were written: ${TrainingError.from(error).message}` };
  }
  run.samplingPace.add(1, (performance.now() - began) / 1000);
  progress.sampleDue = false;
  reporter.emit(told); // of a run that is another's by now this throws
  return "done";
}

/** Schedule of saving, and the last saved step: at a session's beginning everything is saved. */
class Saving {
  #step: number;
  #at = performance.now();
  #saved: string;

  constructor(readonly run: LiveRun) {
    this.#step = run.course.progress.step;
    this.#saved = this.#state();
  }

  /** True by the number of steps or the minutes since the last time. */
  due(): boolean {
    const { progress } = this.run.course;
    const { options } = this.run.session;
    if (progress.step === this.#step) return false;
    const minutes = (performance.now() - this.#at) / 60_000;
    const every = everyOf(options);
    const bySteps = every > 0 && progress.step % every === 0;
    return bySteps || (options.checkpointMinutes > 0 && minutes >= options.checkpointMinutes);
  }

  async save(): Promise<void> {
    if (this.#state() === this.#saved) return;
    await save(this.run);
    this.#saved = this.#state();
    this.#step = this.run.course.progress.step;
    this.#at = performance.now();
  }

  #state(): string {
    const { step, evalDue, sampleDue } = this.run.course.progress;
    return `${step} ${evalDue} ${sampleDue}`;
  }
}

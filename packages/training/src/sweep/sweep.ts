import { createHash } from "node:crypto";
import { at } from "@trainer/disk";
import { TrainingError } from "../errors.js";
import { estimateTraining } from "../estimate/estimate.js";
import { hasSaved } from "../checkpoint/has-saved.js";
import { runFolder } from "../home/run-folder.js";
import { parseTrainOptions, type TrainInput, type TrainOptions } from "../options/options.js";
import { seqLenOf } from "../model/pretrained.js";
import { fromConfig, snakeKeys, toConfig } from "../options/wire-names.js";
import type { RunEvent } from "../run/events.js";
import { resume } from "../run/resume.js";
import type { RunContext } from "../run/run-context.js";
import { train } from "../run/train.js";
import { effectiveBatchSize, resolveCompute } from "../step/precision.js";
import { costOf, ETA, rungsOf, type Rung } from "./rungs.js";
import { readSweep, sweepFile, writeSweep, type SweepState } from "./sweep-state.js";
import type { TrialSettings } from "./trials.js";
import { bitsOf, validationsOf, type TrialPoint } from "./validations.js";

/** Trials that a sweep is to compare. */
export interface SweepRequest {
  /** Each with what is its own, and the options of its whole training. */
  readonly trials: readonly { readonly settings: TrialSettings; readonly input: TrainInput }[];
  /** Seconds that the sweep is to take, about; null: the whole training of the first trial is the length of the longest. */
  readonly seconds: number | null;
  /** Name of the sweep; null: one is made of what is asked for. */
  readonly sweepId: string | null;
}

/** A trial and how far it came. */
export interface SweptTrial {
  readonly runId: string;
  readonly settings: TrialSettings;
  /** The part of a whole training that it was compared at, and what it came to there; 0 and null before. */
  readonly part: number;
  readonly result: TrialPoint | null;
  /** Its validations, in order. */
  readonly points: readonly TrialPoint[];
  /** Why it failed; null where it did not. */
  readonly failure: string | null;
}

export interface SweepResult {
  readonly sweepId: string;
  /** The best first: those that came furthest, by what they came to there. */
  readonly trials: readonly SweptTrial[];
}

export interface SweepContext extends Pick<
  RunContext,
  "home" | "dataRoot" | "dataBank" | "archives" | "onFetch" | "signal"
> {
  /** Called with the events of each trial's run. */
  readonly onEvent?: (event: RunEvent, trial: Pick<SweptTrial, "runId" | "settings">) => void;
  /** Called with each trial that has come to a rung. */
  readonly onTrial?: (trial: SweptTrial, rung: Rung) => void;
}

/**
 * Compares trainings by successive halving (Jamieson & Talwalkar 2016): all trials train a part of their tokens, the better
 * third of them three times as many, and so on, until few have trained to the end. Each is a run of the home, stopped and
 * resumed where that is due; a sweep that is begun again, by its name or with the same request, goes on where it was.
 *
 * @throws TrainingError INVALID_INPUT where there is nothing to compare by; as a run of the first trial would before its
 * first step; CONFLICT where there is another sweep of the name. The signal's reason where it is aborted.
 */
export async function sweep(request: SweepRequest, context: SweepContext): Promise<SweepResult> {
  const hash = hashOf(request);
  const sweepId = request.sweepId ?? `sweep-${hash.slice(0, 8)}`;
  const path = sweepFile(context.home, sweepId);
  const begun = await readSweep(path);
  if (begun !== null && begun.request !== hash)
    throw new TrainingError(
      "CONFLICT",
      `there is a sweep ${sweepId} of other trials or another text: choose another id`,
    );
  const state = begun ?? (await newSweep(request, { sweepId, hash, path, context }));

  const rungs = rungsOf(state.trials.length);
  const failures = new Map<string, string>();
  let trials = await Promise.all(state.trials.map((trial) => lookAt(trial, rungs, context, failures)));
  for (const [k, rung] of rungs.entries()) {
    for (const { runId } of best(trials).slice(0, rung.trials)) {
      const known = at(
        state.trials.filter(({ run_id: id }) => id === runId),
        0,
      );
      if (!failures.has(runId)) await trainTo(known, k, { context, failures });
      const trained = await lookAt(known, rungs, context, failures);
      trials = trials.map((each) => (each.runId === runId ? trained : each));
      context.onTrial?.(trained, rung);
    }
  }
  return { sweepId, trials: best(trials) };
}

const hashOf = ({ trials, seconds }: SweepRequest): string =>
  createHash("sha256")
    .update(JSON.stringify([trials.map(({ input }) => toConfig(parseTrainOptions(input))), seconds]))
    .digest("hex");

interface Making {
  readonly sweepId: string;
  readonly hash: string;
  readonly path: string;
  readonly context: SweepContext;
}

/** A sweep that is about to begin: how far each of its trials will train. It is written before any of them does. */
async function newSweep({ trials, seconds }: SweepRequest, making: Making): Promise<SweepState> {
  const { sweepId, hash, path, context } = making;
  const options = trials.map(({ input }) => parseTrainOptions(input));
  const rungs = rungsOf(trials.length);
  const tokens = await tokensOf(options, { seconds, rungs, context });
  const state: SweepState = {
    version: 1,
    request: hash,
    trials: options.map((each, i) => {
      const first = Math.max(1, Math.round((tokens * at(rungs, 0).part) / tokensPerStep(each)));
      const steps = rungs.map((_, k) => first * ETA ** k);
      const runId = `${sweepId}-${i + 1}`;
      // Validated at each rung, and not ended before the one that it is to come to.
      const fixed = {
        runId,
        maxSteps: at(steps, steps.length - 1),
        evalEvery: first,
        earlyStoppingPatience: 1_000_000,
      };
      const config = toConfig({ ...each, ...fixed });
      return { run_id: runId, settings: at(trials, i).settings, config, rungs: steps };
    }),
  };
  await writeSweep(path, state);
  return state;
}

/** Trainings whose pace is measured to tell that of all. */
const MEASURED = 3;

/** Part of the time that steps may take: the rest is for checkpoints and their reading. */
const STEPS = 0.9;

interface Length {
  readonly seconds: number | null;
  readonly rungs: readonly Rung[];
  readonly context: SweepContext;
}

/** Tokens of a whole training. */
async function tokensOf(options: readonly TrainOptions[], { seconds, rungs, context }: Length): Promise<number> {
  const first = at(options, 0);
  if (options.some(({ holdoutFraction }) => holdoutFraction === 0))
    throw new TrainingError(
      "INVALID_INPUT",
      "a sweep compares by validation: leave a part of the text for it (holdoutFraction)",
    );
  if (options.some(({ batchSize }) => batchSize === "auto"))
    throw new TrainingError("INVALID_INPUT", "a sweep counts tokens: say how many sequences a batch has");
  if (seconds === null && first.maxSteps !== null) return first.maxSteps * tokensPerStep(first);
  if (seconds === null) {
    const { tokens, reasons } = await estimateTraining(first, context);
    if (tokens === null)
      throw new TrainingError("INVALID_INPUT", `the length of a trial is not known: ${reasons.tokens}`);
    return first.numEpochs * tokens;
  }
  const paces: number[] = [];
  for (const each of options.slice(0, MEASURED)) {
    const told = await estimateTraining({ ...each, maxSteps: 1000, evaluate: false }, context);
    if (told.seconds === null)
      throw new TrainingError("INVALID_INPUT", `the pace of a trial is not known: ${told.reasons.seconds}`);
    paces.push(told.seconds / (1000 * tokensPerStep(each)));
  }
  const pace = paces.reduce((sum, each) => sum + each, 0) / paces.length;
  return (STEPS * seconds) / (costOf(rungs) * pace);
}

function tokensPerStep({
  batchSize,
  gradAccumSteps,
  modelFamily,
  device,
  precision,
  ...options
}: TrainOptions): number {
  const compute = resolveCompute(device, precision);
  return effectiveBatchSize(batchSize, compute.device, modelFamily) * gradAccumSteps * seqLenOf(options, null);
}

type Trial = SweepState["trials"][number];

/** Trains a trial up to a rung, from wherever it is. */
async function trainTo(
  { run_id: runId, settings, config, rungs }: Trial,
  rung: number,
  { context, failures }: { readonly context: SweepContext; readonly failures: Map<string, string> },
): Promise<void> {
  const { home, signal, onEvent, onTrial: _told, ...elsewhere } = context;
  const folder = runFolder(home, runId);
  const step = at(rungs, rung);
  const isThere = (points: readonly TrialPoint[]) => points.some((point) => point.step === step);
  if (isThere(await validationsOf(folder.metrics))) return;
  signal?.throwIfAborted();
  const stop = new AbortController();
  const hooks = {
    home,
    ...elsewhere,
    signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
    onEvent(event: RunEvent) {
      const isDue = event.type === "eval" && event.split === "validation" && event.step === step;
      if (isDue && rung < rungs.length - 1) stop.abort();
      onEvent?.(event, { runId, settings });
    },
  };
  try {
    if (await hasSaved(folder)) await resume(runId, hooks);
    else await train(parseTrainOptions(fromConfig(config)), hooks);
  } catch (error) {
    const failure = TrainingError.from(error);
    if (!OF_SETTINGS.has(failure.code)) throw failure;
    failures.set(runId, failure.message);
  }
  signal?.throwIfAborted();
}

/** Failures of a trial that tell of its settings: the others go on. */
const OF_SETTINGS = new Set(["TRAINING_NAN_LOSS", "TRAINING_DIVERGED", "TRAINING_OOM", "CUDA_OOM"]);

async function lookAt(
  { run_id: runId, settings, rungs: steps }: Trial,
  rungs: readonly Rung[],
  { home }: SweepContext,
  failures: ReadonlyMap<string, string>,
): Promise<SweptTrial> {
  const points = await validationsOf(runFolder(home, runId).metrics);
  const reached = steps.findLastIndex((step) => points.some((point) => point.step === step));
  const result = points.find((point) => point.step === steps[reached]) ?? null;
  return { runId, settings, part: rungs[reached]?.part ?? 0, result, points, failure: failures.get(runId) ?? null };
}

/** The trials that came furthest, by their validation there; those that failed are last. */
const best = (trials: readonly SweptTrial[]): SweptTrial[] =>
  trials.toSorted(
    (a, b) =>
      Number(a.failure !== null) - Number(b.failure !== null) || b.part - a.part || bitsOf(a.result) - bitsOf(b.result),
  );

/** The same by the names that answers have. */
export const sweepFields = ({ sweepId, trials }: SweepResult) => ({
  sweep_id: sweepId,
  trials: trials.map(({ runId, settings, part, result, points, failure }) => ({
    run_id: runId,
    settings: snakeKeys(settings),
    part,
    bits_per_byte: result?.bitsPerByte ?? null,
    loss: result?.loss ?? null,
    failure,
    validations: points.map(({ bitsPerByte, ...point }) => ({ ...point, bits_per_byte: bitsPerByte })),
  })),
});

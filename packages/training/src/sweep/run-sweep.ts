import { createHash, randomUUID } from "node:crypto";
import { at } from "@trainer/disk";
import { DEFAULT_SEQ_LEN } from "@trainer/options";
import { TrainingError } from "../errors.js";
import { effectiveBatchSize } from "../options/effective-batch-size.js";
import { parseTrainOptions, type TrainInput, type TrainOptions } from "../options/options.js";
import { snakeKeys, toConfig } from "../options/wire-names.js";
import { costOf, ETA, rungsOf, type Rung } from "./rungs.js";
import { readSweep, sweepFile, writeSweep, type SweepState, type Trial } from "./sweep-state.js";
import type { TrialSettings } from "./trials.js";
import { bitsOf, type TrialPoint } from "./validations.js";

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
  /** Steps of its whole training. */
  readonly steps: number;
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

/** Trains the trials of a sweep, on this machine or elsewhere. */
export interface TrialTrainer {
  /** Address of the place, whose sweeps differ from those of others; null: this machine. */
  readonly place: string | null;
  /** Trials that are trained at a time. */
  readonly atOnce: number;
  /** Length of a training and its time, as far as they are known before it. */
  readonly estimate: (options: TrainOptions) => Promise<Told>;
  /** The device that a training takes. */
  readonly deviceOf: (options: TrainOptions) => "cpu" | "cuda";
  /** Configuration of a trial's run, as it is kept until it is trained; `first`: the steps to its first rung. */
  readonly configOf: (options: TrainOptions, first: number) => Record<string, unknown>;
  /** Trains a trial up to a rung, from wherever it is. @returns why it failed by its own settings; null if it did not */
  readonly trainTo: (trial: Trial, rung: number, sweep: Kept) => Promise<string | null>;
  readonly validationsOf: (trial: Trial) => Promise<readonly TrialPoint[]>;
}

interface Told {
  readonly tokens: number | null;
  readonly seconds: number | null;
  readonly reasons: Readonly<Record<string, string | undefined>>;
}

/** A sweep's state while it goes on. */
export interface Kept {
  readonly nonce: string;
  /** Writes down the id that a server gave a trial, which the trial has from then on. */
  readonly sent: (trial: Trial, remoteId: string) => Promise<void>;
}

export interface SweepHooks {
  readonly home: string;
  /** Called with the trials, before any is trained, and with those of before. */
  readonly onBegin?: ((trials: readonly Trial[]) => void) | undefined;
  /** Called with each trial that has come to a rung. */
  readonly onTrial?: ((trial: SweptTrial, rung: Rung) => void) | undefined;
}

/** Codes of failures that tell of a trial's settings: the others go on. */
export const OF_SETTINGS: ReadonlySet<string> = new Set([
  "TRAINING_NAN_LOSS",
  "TRAINING_DIVERGED",
  "TRAINING_OOM",
  "CUDA_OOM",
]);

/**
 * Compares trainings by successive halving (Jamieson & Talwalkar 2016): all trials train a part of their tokens, the better
 * third of them three times as many, and so on, until few have trained to the end. A sweep that is begun again, by its name
 * or with the same request, goes on where it was.
 *
 * @throws TrainingError INVALID_INPUT where there is nothing to compare by; CONFLICT where there is another sweep of the
 * name; whatever the trainer does
 */
export async function runSweep(
  request: SweepRequest,
  trainer: TrialTrainer,
  { home, onBegin, onTrial }: SweepHooks,
): Promise<SweepResult> {
  const hash = hashOf(request, trainer);
  const sweepId = request.sweepId ?? `sweep-${hash.slice(0, 8)}`;
  const path = sweepFile(home, sweepId);
  const begun = await readSweep(path);
  if (begun !== null && begun.request !== hash)
    throw new TrainingError(
      "CONFLICT",
      `there is a sweep ${sweepId} of other trials or another text: choose another id`,
    );
  const state = begun ?? (await newSweep(request, trainer, { path, sweepId, hash }));
  onBegin?.(state.trials);
  const kept = keptIn(path, state);

  const rungs = rungsOf(state.trials.length);
  const failures = new Map<Trial, string>();
  const look = async (trial: Trial): Promise<Swept> => {
    const points = await trainer.validationsOf(trial);
    return { trial, shown: { ...reached(trial, points, rungs), failure: failures.get(trial) ?? null } };
  };
  let swept = await Promise.all(state.trials.map(look));
  for (const [k, rung] of rungs.entries()) {
    await atOnce(trainer.atOnce, best(swept).slice(0, rung.trials), async ({ trial }) => {
      const failure = failures.has(trial) ? null : await trainer.trainTo(trial, k, kept);
      if (failure !== null) failures.set(trial, failure);
      const trained = await look(trial);
      swept = swept.map((each) => (each.trial === trial ? trained : each));
      onTrial?.(trained.shown, rung);
    });
  }
  return { sweepId, trials: best(swept).map(({ shown }) => shown) };
}

interface Swept {
  readonly trial: Trial;
  readonly shown: SweptTrial;
}

const hashOf = ({ trials, seconds }: SweepRequest, { place }: TrialTrainer): string => {
  const configs = trials.map(({ input }) => toConfig(parseTrainOptions(input)));
  const asked = JSON.stringify([configs, seconds, ...(place === null ? [] : [place])]);
  return createHash("sha256").update(asked).digest("hex");
};

/** Writes the state of a sweep, one change after the other. */
function keptIn(path: string, state: SweepState): Kept {
  let written = Promise.resolve();
  return {
    nonce: state.nonce,
    async sent(trial, remoteId) {
      trial.remote_id = remoteId;
      written = written.then(() => writeSweep(path, state));
      await written;
    },
  };
}

/** Does `body` with each of the items, so many at a time; the first failure is thrown when none is under way any more. */
async function atOnce<T>(most: number, items: readonly T[], body: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const failures: unknown[] = [];
  const one = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) {
      try {
        await body(item);
      } catch (error) {
        failures.push(error);
        left.length = 0;
      }
    }
  };
  await Promise.all(Array.from({ length: most }, one));
  if (failures.length > 0) throw failures[0];
}

/** A sweep that is about to begin, written down: how far each of its trials will train. */
async function newSweep(
  { trials, seconds }: SweepRequest,
  trainer: TrialTrainer,
  { path, sweepId, hash }: { readonly path: string; readonly sweepId: string; readonly hash: string },
): Promise<SweepState> {
  const options = trials.map(({ input }) => parseTrainOptions(input));
  const rungs = rungsOf(trials.length);
  const tokens = await tokensOf(options, { seconds, rungs }, trainer);
  const state: SweepState = {
    version: 1,
    request: hash,
    nonce: randomUUID(),
    trials: options.map((each, i) => {
      const first = Math.max(1, Math.round((tokens * at(rungs, 0).part) / tokensPerStep(each, trainer)));
      const steps = rungs.map((_, k) => first * ETA ** k);
      const runId = `${sweepId}-${i + 1}`;
      // Validated at each rung, and not ended before the one that it is to come to.
      const fixed = {
        runId,
        maxSteps: at(steps, steps.length - 1),
        evalEvery: first,
        earlyStoppingPatience: 1_000_000,
      };
      const config = trainer.configOf({ ...each, ...fixed }, first);
      return { run_id: runId, settings: { ...at(trials, i).settings }, config, rungs: steps };
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
}

/** Tokens of a whole training. */
async function tokensOf(
  options: readonly TrainOptions[],
  { seconds, rungs }: Length,
  trainer: TrialTrainer,
): Promise<number> {
  const first = at(options, 0);
  if (options.some(({ holdoutFraction }) => holdoutFraction === 0))
    throw new TrainingError(
      "INVALID_INPUT",
      "a sweep compares by validation: leave a part of the text for it (holdoutFraction)",
    );
  if (options.some(({ batchSize }) => batchSize === "auto"))
    throw new TrainingError("INVALID_INPUT", "a sweep counts tokens: say how many sequences a batch has");
  if (seconds === null && first.maxSteps !== null) return first.maxSteps * tokensPerStep(first, trainer);
  if (seconds === null) {
    const { tokens, reasons } = await trainer.estimate(first);
    if (tokens === null)
      throw new TrainingError("INVALID_INPUT", `the length of a trial is not known: ${reasons["tokens"]}`);
    return first.numEpochs * tokens;
  }
  const paces: number[] = [];
  for (const each of options.slice(0, MEASURED)) {
    const told = await trainer.estimate({ ...each, maxSteps: 1000, evaluate: false });
    if (told.seconds === null)
      throw new TrainingError("INVALID_INPUT", `the pace of a trial is not known: ${told.reasons["seconds"]}`);
    paces.push(told.seconds / (1000 * tokensPerStep(each, trainer)));
  }
  const pace = paces.reduce((sum, each) => sum + each, 0) / paces.length;
  return (STEPS * seconds) / (costOf(rungs, trainer.atOnce) * pace);
}

function tokensPerStep(options: TrainOptions, { deviceOf }: TrialTrainer): number {
  const { batchSize, gradAccumSteps, modelFamily, maxSeqLen } = options;
  const sequences = effectiveBatchSize(batchSize, deviceOf(options), modelFamily) * gradAccumSteps;
  return sequences * (maxSeqLen ?? DEFAULT_SEQ_LEN);
}

function reached(
  { run_id: runId, remote_id: remoteId, settings, rungs: steps }: Trial,
  points: readonly TrialPoint[],
  rungs: readonly Rung[],
): Omit<SweptTrial, "failure"> {
  const last = steps.findLastIndex((step) => points.some((point) => point.step === step));
  const result = points.find((point) => point.step === steps[last]) ?? null;
  return {
    runId: remoteId ?? runId,
    settings,
    steps: at(steps, steps.length - 1),
    part: rungs[last]?.part ?? 0,
    result,
    points,
  };
}

/** The trials that came furthest, by their validation there; those that failed are last. */
const best = (swept: readonly Swept[]): Swept[] =>
  swept.toSorted(
    ({ shown: a }, { shown: b }) =>
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

import { samplePrompts } from "@trainer/options";
import { sampleWindows, sequencesIn, windowCount } from "../bins/windows.js";
import type { RunOptions } from "../options/options.js";
import { stepPlanOf } from "../step/step-plan.js";
import type { Pace } from "./measure-request.js";
import type { SplitTokens } from "./sample-text.js";

/** How far a run goes. */
export interface Course {
  readonly steps: number;
  /** Mean share of a whole step's sequences that a step has: an epoch's last one has what is left. */
  readonly fullness: number;
  /** Batches that are evaluated, from the first validation to the evaluation at the end, parts of batches included. */
  readonly evaluations: number;
  /** How often texts are written, on the way and at the end. */
  readonly samplings: number;
}

interface Reading {
  readonly tokens: SplitTokens;
  /** Tokens of a sequence, and sequences of a batch. */
  readonly seqLen: number;
  readonly batchSize: number;
}

/** The course of a run to its end, where it is not stopped early. @throws TrainingError INVALID_INPUT */
export function courseOf(options: RunOptions, { tokens, seqLen, batchSize }: Reading): Course {
  const { evalTokens, evaluate, gradAccumSteps, preference, sampleEvery, seed } = options;
  const perPair = preference === "none" ? 1 : 2;
  const sequences = sequencesIn(tokens.train, seqLen) / perPair; // a batch of pairs is told by their number
  const batchesPerEpoch = Math.ceil(sequences / batchSize);
  const plan = stepPlanOf(options, batchesPerEpoch);
  const batchesOf = (count: number | null) => {
    if (count === null) return 0;
    const cut = { tokens: count, context: seqLen, stride: seqLen };
    const windows = evalTokens === 0 ? windowCount(cut) : sampleWindows(cut, evalTokens, seed).length;
    return windows / perPair / batchSize;
  };
  const [validation, test] = [batchesOf(tokens.validation), batchesOf(tokens.test)];
  const atEnd = test + (evaluate ? validation || test : 0);
  return {
    steps: plan.totalSteps,
    fullness: sequences / (plan.stepsPerEpoch * gradAccumSteps * batchSize),
    evaluations: plan.evaluationsFrom(1) * validation + atEnd,
    samplings: (sampleEvery === 0 ? 0 : Math.floor(plan.totalSteps / sampleEvery)) + (evaluate ? 1 : 0),
  };
}

/** Tokens of the texts that are written at a time. */
const WRITTEN_TOKENS = 64 * samplePrompts.length;

/** Seconds that steps, evaluations and texts take. */
export function secondsOf({ steps, fullness, evaluations, samplings }: Course, pace: Pace): number {
  const written = samplings * WRITTEN_TOKENS * pace.token;
  return (steps * fullness * pace.step + evaluations * pace.evaluation + written) / 1000;
}

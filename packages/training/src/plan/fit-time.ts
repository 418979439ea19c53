import { courseOf, secondsOf, type Course } from "../estimate/course.js";
import type { Pace } from "../estimate/measure-request.js";
import type { TextSize } from "../estimate/sample-text.js";
import { parseTrainOptions } from "../options/options.js";
import type { Candidate } from "./candidates.js";
import { expectedBits, passesUntilOverfit } from "./rule.js";
import { withoutGiven, type Settings } from "./settings.js";
import type { TextFacts } from "./text-facts.js";

/** A training that ends in time. */
export interface Outcome {
  /** Settings that follow from its length. */
  readonly decided: Settings;
  readonly steps: number;
  /** Times through the text. */
  readonly passes: number;
  readonly seconds: number;
  readonly bitsPerByte: number;
  /** True if it is shorter than the time, for more of it would overfit. */
  readonly isTextSpent: boolean;
}

export interface Budget {
  readonly seconds: number;
  readonly given: ReadonlySet<string>;
  readonly facts: TextFacts;
  readonly size: TextSize;
}

/** Validations on the way, and the part of the time that each may take. */
const EVALUATIONS = 10;
const EVALUATION_PART = 0.005;

/** Tokens that are trained on between validations, for each that one predicts, at the least: it takes a third as long. */
const TRAINED = 10 / 3;

/** Steps of warm-up at the most, and the part of all that they are otherwise. */
const WARMUP = 100;
const WARMUP_PART = 0.05;

/** The longest training of a model that ends in time and does not overfit; null where there is not the time for a step. */
export function fitTime(candidate: Candidate, measured: Pace, budget: Budget): Outcome | null {
  const { seconds, given, facts, size } = budget;
  const { options, seqLen, batchSize, tokensPerStep, body } = candidate;
  const { optimizer } = options;
  const tokens = size.tokens.train;
  // It was measured once: on a busy machine that may be anything, but it is no more than a batch with its gradient.
  const evaluation = Math.min(measured.evaluation, measured.step / options.gradAccumSteps);
  const pace = { ...measured, evaluation };
  const affordable = Math.round((EVALUATION_PART * seconds * 1000 * batchSize * seqLen) / evaluation);
  const evalTokens = Math.min(MOST_EVALUATED, Math.max(LEAST_EVALUATED, affordable));
  const isFixed = given.has("maxSteps") || given.has("numEpochs");
  const settings = (steps: number): Settings =>
    withoutGiven(
      {
        evalEvery: Math.max(Math.ceil(steps / EVALUATIONS), Math.ceil((TRAINED * evalTokens) / tokensPerStep)),
        evalTokens,
        warmupSteps: Math.min(WARMUP, Math.ceil(WARMUP_PART * steps)),
      },
      given,
    );
  const courseAt = (steps: number): Course => {
    const parsed = parseTrainOptions({
      ...options,
      ...(isFixed ? {} : { maxSteps: steps }),
      ...settings(steps),
      maxSeconds: null,
    });
    return courseOf({ ...parsed, maxSeqLen: seqLen }, { tokens: size.tokens, seqLen, batchSize });
  };
  const timeOf = (steps: number): number => size.seconds + secondsOf(courseAt(steps), pace);
  const spent = Math.max(
    1,
    Math.floor((passesUntilOverfit(facts, { parameters: body, optimizer }) * tokens) / tokensPerStep),
  );
  const steps = isFixed ? courseAt(1).steps : largest(spent, (count) => timeOf(count) <= seconds);
  if (steps === 0) return null;
  const seen = steps * tokensPerStep;
  const isTextSpent = !isFixed && steps === spent;
  return {
    decided: { ...settings(steps), ...endOf({ steps, seconds, isFixed, isTextSpent }) },
    steps,
    passes: seen / tokens,
    seconds: timeOf(steps),
    bitsPerByte: expectedBits(facts, {
      parameters: body,
      bytesSeen: (seen * facts.bytes) / tokens,
      optimizer,
    }),
    isTextSpent,
  };
}

interface End extends Pick<Outcome, "steps" | "seconds" | "isTextSpent"> {
  readonly isFixed: boolean;
}

/** End of a training: its time, which a run keeps by itself, or before it the text. */
function endOf({ steps, seconds, isFixed, isTextSpent }: End): Settings {
  if (isFixed) return {};
  return { maxSeconds: seconds, ...(isTextSpent ? { maxSteps: steps } : {}) };
}

const LEAST_EVALUATED = 20_000;
const MOST_EVALUATED = 2_000_000;

/** The largest number up to `most` that still is fine, 0 for none. */
export function largest(most: number, isFine: (count: number) => boolean): number {
  let [low, high] = [0, most];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (isFine(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

import { at } from "@trainer/disk";
import { TrainingError } from "../errors.js";
import type { Measured } from "../estimate/measure-in-process.js";
import type { Pace } from "../estimate/measure-request.js";
import type { Candidate } from "./candidates.js";
import type { Outcome } from "./fit-time.js";

/** A model of which steps were tried. */
export interface TriedModel {
  readonly candidate: Candidate;
  readonly pace: Pace;
  readonly memoryBytes: number;
}

/** The same with what it comes to. */
export interface RatedModel extends TriedModel {
  readonly outcome: Outcome;
}

export interface Trying {
  /** Memory that a training may take in all. */
  readonly memoryBytes: number;
  readonly measure: (candidate: Candidate) => Promise<Measured>;
  /** Outcome of a model at a pace; null where there is not the time for a step. */
  readonly fit: (candidate: Candidate, pace: Pace) => Outcome | null;
}

/** Models that are tried at the most. */
const MOST = 4;

/**
 * Looks for the model that comes to the best in the time there is. The smallest is tried first, then each that would be the
 * best by the pace of what was tried, until the best one was.
 *
 * @param candidates the smallest first
 * @returns what was tried, the best first
 * @throws TrainingError INVALID_INPUT where not even the smallest fits into memory, or a step of it into the time
 */
export async function tryModels(
  candidates: readonly Candidate[],
  { memoryBytes: limit, measure, fit }: Trying,
): Promise<readonly [RatedModel, ...RatedModel[]]> {
  let fitting = candidates.filter(({ weightBytes }) => weightBytes <= limit);
  let why = "the smallest model does not fit into memory: allow more of it, or choose a smaller vocabulary";
  const tried: TriedModel[] = [];
  let [next] = fitting;
  while (next !== undefined && tried.length < MOST) {
    const { memoryBytes, pace } = await measure(next);
    const { weightBytes } = next;
    if (typeof memoryBytes === "number" && typeof pace === "object" && memoryBytes <= limit)
      tried.push({ candidate: next, memoryBytes, pace });
    else {
      fitting = fitting.filter((each) => each.weightBytes < weightBytes);
      if (typeof pace === "string") why = pace;
    }
    const best = bestOf(fitting, tried, fit);
    next = tried.some(({ candidate }) => candidate === best) ? undefined : best;
  }
  if (tried.length === 0) throw new TrainingError("INVALID_INPUT", `no plan can be made: ${why}`);
  const rated = tried.flatMap((each) => {
    const outcome = fit(each.candidate, each.pace);
    return outcome === null ? [] : [{ ...each, outcome }];
  });
  const [best, ...others] = rated.toSorted((a, b) => a.outcome.bitsPerByte - b.outcome.bitsPerByte);
  if (best !== undefined) return [best, ...others];
  throw new TrainingError(
    "INVALID_INPUT",
    "there is not the time to prepare the text and take a step: allow more of it",
  );
}

/** The candidate that would be the best; undefined where there is not the time for a step of any. */
function bestOf(
  candidates: readonly Candidate[],
  tried: readonly TriedModel[],
  fit: Trying["fit"],
): Candidate | undefined {
  const rated = candidates.flatMap((candidate) => {
    const outcome = fit(candidate, paceOf(candidate, tried));
    return outcome === null ? [] : [{ candidate, bits: outcome.bitsPerByte }];
  });
  return rated.toSorted((a, b) => a.bits - b.bits)[0]?.candidate;
}

/** The pace of a model by that of the nearest one in size that was tried. */
function paceOf({ work }: Candidate, tried: readonly TriedModel[]): Pace {
  const distance = (each: TriedModel) => Math.abs(Math.log(each.candidate.work / work));
  const nearest = at(
    tried.toSorted((a, b) => distance(a) - distance(b)),
    0,
  );
  const times = work / nearest.candidate.work;
  const { step, evaluation, token } = nearest.pace;
  return { step: step * times, evaluation: evaluation * times, token: token * times };
}

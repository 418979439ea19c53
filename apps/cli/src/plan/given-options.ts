import { flaggedDimensions, planDefaults } from "@trainer/options";
import type { TrainFlags } from "../flags/train-options.js";

const DIMENSIONS: ReadonlySet<string> = new Set(flaggedDimensions);

/** Names of a run's options by those of the flags that were typed: each dimension is a part of one option. */
export const givenOptions = (typed: ReadonlySet<string>): ReadonlySet<string> =>
  new Set([...typed].map((name) => (DIMENSIONS.has(name) ? "modelConfig" : name)));

/** The options that say how large a model is, or how long it is trained: with one of them nothing is planned unasked. */
const SIZE_OR_LENGTH = ["modelSize", "modelConfig", "maxSteps", "numEpochs", "pretrainedRunId", "teacher"];

/** True if a training was typed whose size and length are left open. */
export function isOpen(typed: ReadonlySet<string>): boolean {
  const given = givenOptions(typed);
  return !SIZE_OR_LENGTH.some((name) => given.has(name));
}

/** Flags of a training that is to be planned: of the family that plans are of, where none was typed. */
export const toBePlanned = (flags: TrainFlags, typed: ReadonlySet<string>): TrainFlags =>
  typed.has("modelFamily") ? flags : { ...flags, modelFamily: planDefaults.modelFamily };

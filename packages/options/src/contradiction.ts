import type { z } from "zod";
import type { TrainOptions } from "./train-options.js";

type Options = Pick<
  z.output<typeof TrainOptions>,
  | "loraRank"
  | "pretrainedRunId"
  | "optimizer"
  | "emaDecay"
  | "beta1"
  | "freezeEmbed"
  | "trainNewRowsFirst"
  | "transferVocabulary"
  | "preference"
  | "labelSmoothing"
  | "format"
  | "batchSize"
  | "seqLenWarmupSteps"
  | "zLoss"
  | "corpusWeights"
  | "curriculum"
  | "drift"
  | "teacher"
  | "evaluate"
  | "verdict"
>;

/**
 * The first contradiction between options of a training, or null. In a sentence names of one word are in backticks, so that
 * they are known from other words.
 * @param averages true if the optimizer averages the weights by itself
 * @param called a name as the reader has it
 */
export function contradiction(
  options: Options,
  averages: boolean,
  called: (name: keyof Options) => string = (name) => name,
): string | null {
  const { loraRank, pretrainedRunId, optimizer, emaDecay, beta1, freezeEmbed, trainNewRowsFirst } = options;
  const forOthers = (["trainNewRowsFirst", "transferVocabulary"] as const).find((name) => Number(options[name]) > 0);
  if (loraRank > 0 && pretrainedRunId === null)
    return `${called("loraRank")}: an adapter changes a trained model; name one by ${called("pretrainedRunId")}`;
  if (forOthers !== undefined && pretrainedRunId === null)
    return `${called(forOthers)}: only a model that is there gets new rows; name one by ${called("pretrainedRunId")}`;
  if (options.drift && pretrainedRunId === null)
    return `${called("drift")}: only a model that is there can forget something; name one by ${called("pretrainedRunId")}`;
  if (options.drift && !(options.evaluate && options.verdict))
    return `${called("drift")}: it is measured with the verdict at the end; leave \`${called(options.evaluate ? "verdict" : "evaluate")}\` on`;
  if (trainNewRowsFirst > 0 && (freezeEmbed || loraRank > 0))
    return `${called("trainNewRowsFirst")}: the rows are of the embedding, which ${called(freezeEmbed ? "freezeEmbed" : "loraRank")} leaves as it is; leave one of them out`;
  const apart = (["zLoss", "preference"] as const).find((name) => options[name] !== 0 && options[name] !== "none");
  if (options.teacher !== null && apart !== undefined)
    return `${called(apart)}: it does not go with \`${called("teacher")}\`; leave one of them out`;
  const unpaired = preferenceContradiction(options, called);
  if (unpaired !== null) return unpaired;
  if (averages && emaDecay > 0)
    return `${called("emaDecay")}: ${optimizer} averages the weights by itself; leave it out`;
  if (averages && beta1 === 0)
    return `${called("beta1")}: ${optimizer} takes gradients between the weights and their average by it; it must be above 0`;
  return null;
}

/** The first of what pairs of answers cannot be learnt with, or null. */
function preferenceContradiction(options: Options, called: (name: keyof Options) => string): string | null {
  const { preference, format, pretrainedRunId, batchSize } = options;
  if (options.labelSmoothing > 0 && preference !== "dpo")
    return `${called("labelSmoothing")}: it is of \`${called("preference")}\` dpo alone; leave it out`;
  if (preference === "none") return null;
  const name = called("preference");
  if (format !== "preference" && format !== "auto")
    return `${name}: it is of pairs of answers; say that records are such by \`${called("format")}\` (preference)`;
  if (preference === "dpo" && pretrainedRunId === null)
    return `${name}: dpo moves a model from what it is; name one by ${called("pretrainedRunId")}`;
  if (batchSize === "auto") return `${called("batchSize")}: with \`${name}\` it is a number of pairs; say how many`;
  if (options.corpusWeights !== null || options.curriculum !== "none")
    return `${called(options.corpusWeights === null ? "curriculum" : "corpusWeights")}: it does not go with \`${name}\`; leave it out`;
  const without = (["seqLenWarmupSteps", "zLoss", "trainNewRowsFirst"] as const).find((other) => options[other] > 0);
  return without === undefined ? null : `${called(without)}: it does not go with \`${name}\`; leave it out`;
}

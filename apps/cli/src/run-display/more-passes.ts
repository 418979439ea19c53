import { isDeepStrictEqual } from "node:util";
import { snake } from "@trainer/options";
import type { RunManifest } from "@trainer/training";
import { TrainFlags } from "../flags/train-options.js";
import { shellWord } from "../process/home-flag.js";
import { optionSpecs, type OptionSpec } from "../framework/option-spec.js";
import type { Losses } from "./live-lines.js";
import type { Point } from "../display/curve.js";

/** Least relative fall of a loss that is still falling. */
const FALL = 0.002;
/** Passes that are proposed: up to about four of them teach nearly what as much new text would. */
const PASSES = 4;

/**
 * True if a run's loss was still falling at its end: that of validation, or of training if validation was measured
 * once.
 */
export function stillFalls({ trainPoints, validationPoints }: Losses): boolean {
  const losses = validationPoints.map(({ loss }) => loss);
  const [last] = losses.slice(-1);
  if (last !== undefined && losses.length > 1) return last < (1 - FALL) * Math.min(...losses.slice(0, -1));
  const part = Math.ceil(trainPoints.length / 4);
  if (trainPoints.length < 4) return false;
  return mean(trainPoints.slice(-part)) < (1 - FALL) * mean(trainPoints.slice(-2 * part, -part));
}

const mean = (points: readonly Point[]): number => points.reduce((sum, { loss }) => sum + loss, 0) / points.length;

/** Options that a new run does not take over: its own, or those of the weights it starts from. */
const LEFT_OUT = new Set(
  "modelFamily modelSize tokenizer tokenizerMethod vocabSize minFrequency maxSeqLen pretrainedRunId numEpochs maxSteps finetuneLrCap runId userId".split(
    " ",
  ),
);

/** The command that goes on from a run's weights, through the same text and with the same options. */
export function morePasses(
  { run_id: id, config, learning_rate: rate }: Pick<RunManifest, "run_id" | "config" | "learning_rate">,
  flags: string,
): string | null {
  if (config["lora_rank"] !== 0) return null; // an adapter is not what another run starts from
  const options = optionSpecs(TrainFlags).flatMap((spec) => {
    const value = config[snake(spec.key)];
    const usual = value === undefined || isDeepStrictEqual(value, spec.default) || value === "auto";
    return usual || value === null || LEFT_OUT.has(spec.key) ? [] : typed(spec, value);
  });
  const corpus = corpusOf(config).map(shellWord);
  if (corpus.length === 0) return null; // a manifest that does not tell its text
  const passes = `--pretrained ${id} --num-epochs ${PASSES} --finetune-lr-cap ${rate}`;
  return ["trainer train", ...corpus, passes, ...options].join(" ") + flags;
}

/** The id of the text, where it came from a file service, else its paths. */
function corpusOf({ corpus_file_id: id, corpus_paths: paths }: RunManifest["config"]): string[] {
  if (typeof id === "string") return [id];
  return Array.isArray(paths) ? paths.map(String) : [];
}

function typed({ flag }: OptionSpec, value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap((each: unknown) => [`--${flag}`, shellWord(String(each))]);
  if (typeof value === "boolean") return [value ? `--${flag}` : `--no-${flag}`];
  return [`--${flag} ${shellWord(String(value))}`];
}

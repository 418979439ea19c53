import { dimensions, families, familyNames } from "@trainer/models/capabilities";
import { grouped, precisionChoices, preset, terminalDefaults, TrainOptions } from "@trainer/options";
import { methodNames } from "@trainer/tokenizers/capabilities";
import { optimizerNames } from "@trainer/torch/capabilities";
import {
  nearest,
  parseTrainOptions,
  type TrainInput,
  type TrainOptions as RegisteredOptions,
} from "@trainer/training/options";
import { z } from "zod";
import { explain, UsageError } from "../process/errors.js";
import type { MixArgument } from "./mix-argument.js";
import { DIMENSION_FLAGS } from "./dimension-flags.js";
import { track } from "./track-flag.js";

const sizes = [...families()].map(([name, family]) => `${name}: ${Object.keys(family.sizes).join(", ")}`);
const { document, documentSeparator, evalTokens, modelFamily, modelSize, optimizer, precision, tokenizerMethod } =
  TrainOptions.shape;

/** Flags that are no options of a run: what is done around it. */
export const ABOUT_RUN = {
  options: z
    .string()
    .nullable()
    .default(null)
    .describe("TOML file with options by their names in requests, and the text; what is typed is before it"),
  estimate: z.boolean().default(false).describe("tell size, memory and time, and train nothing"),
  ...grouped("Reports and checkpoints", {
    resume: z.boolean().default(false).describe("go on with --run-id if it was begun before, else begin it"),
    track,
    upload: z
      .boolean()
      .default(false)
      .describe("send the run to the file service when it is completed; `trainer runs upload` does it later"),
  }),
  ...grouped("Machine", {
    profile: z
      .int()
      .min(0)
      .default(0)
      .describe(
        "time so many steps operator by operator, on a GPU by its own clock, and print where the time goes; later steps of the run may be slower",
      ),
  }),
};

/** Options of a run. Names are held to what is registered, and some defaults suit somebody at a terminal. */
export const RunFlags = z.strictObject({
  ...TrainOptions.omit({ corpus: true, corpusWeights: true, corpusFileId: true }).shape,
  document: preset(document, terminalDefaults.document),
  documentSeparator: preset(documentSeparator, terminalDefaults.documentSeparator),
  tokenizerMethod: z
    .enum(methodNames())
    .nullable()
    .default(null)
    .meta({ ...tokenizerMethod.meta() }),
  modelFamily: z
    .enum(familyNames())
    .default(modelFamily.def.defaultValue)
    .meta({ ...modelFamily.meta() }),
  modelSize: preset(modelSize, terminalDefaults.modelSize).describe(`the dimensions (${sizes.join("; ")})`),
  ...grouped("Model", { dropout: dimensions.embdPdrop.describe("dropout everywhere, in place of the family's") }),
  ...DIMENSION_FLAGS,
  optimizer: z
    .enum(optimizerNames())
    .default(optimizer.def.defaultValue)
    .meta({ ...optimizer.meta() }),
  evalTokens: preset(evalTokens, terminalDefaults.evalTokens),
  precision: z
    .enum(precisionChoices)
    .nullable()
    .default(terminalDefaults.precision)
    .meta({
      ...precision.meta(),
      description:
        "of the arithmetic; left out: bf16 on a GPU that has it, else as auto: fp16 on a GPU, fp32 on a CPU; bf16 also on a CPU whose AMX or AVX512_BF16 is faster than fp32",
    }),
});

/** Options of `trainer train`. */
export const TrainFlags = RunFlags.extend(ABOUT_RUN);
export type TrainFlags = z.output<typeof TrainFlags>;

/** Shorter names of options. */
export const TRAIN_ALIASES = { pretrainedRunId: "pretrained" } as const;

/** @throws UsageError which names the sizes of the family that was chosen */
export function checkSize({
  modelFamily: model,
  modelSize: size,
}: Pick<TrainFlags, "modelFamily" | "modelSize">): void {
  const names = [...families()].flatMap(([name, family]) => (name === model ? Object.keys(family.sizes) : []));
  if (names.includes(size)) return;
  const [near] = nearest(size, names, 1);
  const meant = near === undefined ? "" : ` Did you mean ${near}?`;
  throw new UsageError(`--size: ${model} has no size "${size}"; there are: ${names.join(", ")}.${meant}`);
}

/** The same for the library. */
export function toTrainInput(corpus: readonly string[], flags: TrainFlags): TrainInput {
  checkSize(flags);
  const { dropout, precision, modelConfig, ...others } = flags;
  const entries = Object.entries({ ...others, precision: precision ?? "auto" });
  const chosen = Object.fromEntries(entries.filter(([name, value]) => name in dimensions && value !== undefined));
  const options = Object.fromEntries(entries.filter(([name]) => name in TrainOptions.shape));
  const dropouts = [...families()].flatMap(([name, family]) => (name === flags.modelFamily ? family.dropouts : []));
  const rates = dropout === undefined ? {} : Object.fromEntries(dropouts.map((name) => [name, dropout]));
  return { ...options, corpus: [...corpus], modelConfig: { ...modelConfig, ...chosen, ...rates } };
}

/** The checked options of a training. @throws UsageError */
export const trainingOf = ({ corpus, ...text }: MixArgument, flags: TrainFlags): RegisteredOptions =>
  checkedOptions({ ...toTrainInput(corpus, flags), ...text });

/** Checks options; the library's refusal is a usage error here. */
export function checkedOptions(input: TrainInput): RegisteredOptions {
  try {
    return parseTrainOptions(input);
  } catch (error) {
    throw new UsageError(explain(error).message);
  }
}

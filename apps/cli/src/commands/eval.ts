import type { Command } from "commander";
import { EvaluateRequest } from "@trainer/platform";
import type { Comparison, Evaluation, Lengths } from "@trainer/training";
import { EvaluateOptions } from "@trainer/options";
import type { LeftOut } from "@trainer/training/options";
import { z } from "zod";
import { noteBegin } from "../flags/bos.js";
import { word } from "../framework/arguments.js";
import { defineCommand, MODEL } from "../framework/define-command.js";
import { sourceLines } from "@trainer/training/options";
import { pairFiguresOf, pairLines } from "../display/pair-figures.js";
import { printable } from "../display/printable.js";
import { ProgressLine } from "../display/progress-line.js";
import { formatChange, formatCount, formatNumber } from "../display/quantity.js";
import type { Style } from "../display/style.js";
import { table } from "../display/table.js";
import { UsageError } from "../process/errors.js";
import { fetching } from "../runs/fetching.js";
import { linesOfFile, tellLeftOut } from "../flags/given-text.js";
import type { Io } from "../process/io.js";
import { evaluationReport } from "../remote/outcome.js";
import { fieldsOf, finished, refuseLocal, requestOf } from "../remote/request.js";
import { MODEL_FLAGS, noteWeights, weightsJson } from "../flags/weights.js";

const { split } = EvaluateOptions.shape;

const EvalFlags = z.strictObject({
  ...EvaluateOptions.omit({ prompts: true }).shape,
  split: split.unwrap().nullable().default(null).describe("part of the run's own corpus; left out: validation"),
  samples: z.boolean().default(true).describe("write no samples"),
  promptsPath: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("a file with a prompt a line for the samples; left out: common beginnings"),
  ...MODEL_FLAGS,
});

const FIELDS = fieldsOf(EvaluateRequest, { path_override: "path" });

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Measure a model on a split of its corpus or on any text: loss in nats per token, perplexity, and bits per byte and per character, by which models with different tokenizers compare; of a run that learnt pairs of answers loss, accuracy and margin.",
    args: { run: word(MODEL) },
    options: EvalFlags,
    usesLibtorch: true,
    runs: ["against"],
    aliases: { promptsPath: "prompts" },
    examples: {
      "trainer eval RUN": "on the validation split",
      "trainer eval RUN --split test --json": "loss, perplexity, bits_per_byte, bits_per_character, samples",
      "trainer eval RUN --stride 64": "more context for each token, in more time",
      "trainer eval RUN --split test --eval-tokens 100000": "a part of it, the same each time",
      "trainer eval NEW --against OLD --json | jq .regressions": "what is worse than in another run, by more than 1 %",
      "trainer eval RUN --weights int8 --no-samples": "what smaller weights cost, beside the evaluation before",
      "trainer eval ./gpt2 --path chapter.txt --no-samples": "a model made elsewhere, on a text",
    },
    async runOn({ client }, { args: { run: runId }, options, out }) {
      refuseLocal(EvalFlags, options, Object.keys(FIELDS));
      checkText(options);
      const request = requestOf(EvaluateRequest, options, FIELDS);
      const result = await io.interruptible((signal) => client.evaluate(runId, request, { signal }));
      out.result(finished(result), () => evaluationReport(result).join("\n"));
    },
    async run({ args: { run }, options, home: root, out }) {
      const { device, weights, samples, split, promptsPath: file, ...rest } = options;
      checkText(options);
      if (file !== null && !samples) throw new UsageError("--prompts-path and --no-samples exclude each other");
      const own = file === null ? {} : { prompts: [...(await linesOfFile(file, out)).lines] };
      const input = { ...rest, split: split ?? "validation", ...(samples ? own : { prompts: [] }) };
      const { evaluate, openHome, openModel, textFrame } = await import("@trainer/training");
      const progress = new ProgressLine(io, out);
      await io
        .interruptible(async (signal) => {
          const where = { home: openHome(root), ...(await fetching({ home: root, io, out })), signal };
          using opened = await openModel(run, { ...where, device, weightType: weights });
          noteWeights(opened, out);
          const { begin, end } = textFrame(opened, rest.bos);
          noteBegin({ begin, end }, rest.bos, out);
          let leftOut: LeftOut | null = null;
          const result = await evaluate(opened, input, {
            ...where,
            onProgress: (done, batches) => progress.update("evaluating", done / batches),
            onLeftOut: (found) => (leftOut = found),
          });
          progress.clear();
          tellLeftOut(leftOut, out);
          const around = { begin_tokens: begin, end_tokens: end };
          const value = { ...evaluationJson(result), ...around, left_out: leftOut, ...weightsJson(opened) };
          out.result(value, () => report(result, out.paint).join("\n"));
        })
        .finally(() => progress.clear());
    },
  });
}

function checkText({ split, path }: { readonly split: string | null; readonly path: string | null }): void {
  if (split !== null && path !== null) throw new UsageError("--split and --path exclude each other");
}

export const evaluationJson = (e: Evaluation): object => ({
  split: e.split,
  path: e.path,
  loss: e.loss,
  perplexity: e.perplexity,
  bits_per_byte: e.bitsPerByte,
  bits_per_character: e.bitsPerCharacter,
  tokens: e.tokens,
  bytes: e.bytes,
  characters: e.characters,
  documents: e.documents,
  stride: e.stride,
  eval_tokens: e.evalTokens,
  sampled: e.sampled,
  lost_bytes: e.lost?.bytes ?? null,
  unknown_tokens: e.lost?.unknown_tokens ?? null,
  note: e.note,
  distinct_1: e.diversity.distinct1,
  distinct_2: e.diversity.distinct2,
  repetition_4: e.diversity.repetition4,
  sample_lengths: e.sampleLengths,
  document_lengths: e.documentLengths,
  samples: e.samples,
  ...(pairFiguresOf(e.figures) && { figures: e.figures }),
  ...(e.sources.length > 0 && { sources: sourceLines(e.sources) }),
  compared_with: e.comparison?.against ?? null,
  same_text: e.comparison?.sameText ?? null,
  differences: e.comparison?.differences ?? [],
  regressions: e.comparison?.differences.filter(({ regression }) => regression).map(({ metric }) => metric) ?? [],
  eval_path: e.dir,
});

export const report = (e: Evaluation, paint: Style): string[] => [
  `text           ${e.path ?? `${e.split} split`}: ${sizeOf(e)}${e.sampled ? ", drawn from more" : ""}`,
  ...(pairLines(e) ?? [
    `loss           ${formatNumber(e.loss)} nats per token`,
    `perplexity     ${formatNumber(e.perplexity)}`,
    e.note === null
      ? `bits per byte  ${formatNumber(e.bitsPerByte)}   per character ${formatNumber(e.bitsPerCharacter)}`
      : `bits per byte  none: ${e.note}`,
  ]),
  ...e.sources.map(
    ({ source, loss, bitsPerByte, tokens }) =>
      `of it          ${printable(source)}: ${formatCount(tokens)} tokens, loss ${formatNumber(loss)}, ${formatNumber(bitsPerByte)} bits per byte`,
  ),
  ...lengthsLine("documents ", e.documentLengths),
  ...samplesOf(e),
  ...(e.comparison === null ? [] : ["", ...differencesOf(e.comparison, paint)]),
  ...(e.dir === null ? [] : ["", `saved in       ${e.dir}`]),
];

const sizeOf = ({ tokens, bytes, documents, figures }: Evaluation): string =>
  pairFiguresOf(figures) === null
    ? `${formatCount(tokens)} tokens, ${formatCount(bytes)} bytes`
    : `${formatCount(documents)} pair(s), ${formatCount(tokens)} tokens of answers`;

function samplesOf({ samples, sampleLengths, diversity }: Evaluation): string[] {
  if (samples.length === 0) return [];
  const { distinct1, distinct2, repetition4 } = diversity;
  return [
    ...samples.flatMap(({ prompt, output }) => ["", `--- ${JSON.stringify(prompt)}`, printable(prompt + output)]),
    ...lengthsLine("\nsamples   ", sampleLengths),
    `of them        ${formatNumber(distinct1)} distinct tokens, ${formatNumber(distinct2)} distinct pairs, ${formatNumber(repetition4)} repeated fours`,
  ];
}

export function lengthsLine(name: string, lengths: Lengths | null): string[] {
  if (lengths === null) return [];
  const { count, min, mean, max } = lengths;
  if (min === max) return [`${name}     ${formatCount(count)} of ${formatCount(max)} tokens`];
  return [
    `${name}     ${formatCount(count)} of ${formatCount(min)} to ${formatCount(max)} tokens, ${formatCount(mean)} on average`,
  ];
}

function differencesOf({ against, sameText, differences }: Comparison, paint: Style): string[] {
  const rows = differences.map(({ metric, before, now, change, regression }) => [
    metric,
    formatNumber(before),
    formatNumber(now),
    formatChange(change),
    regression ? paint.red("regression") : "",
  ]);
  const other = sameText ? [] : [paint.yellow("The texts have different lengths: they are not the same.")];
  return [...table([["COMPARED", against, "NOW", "CHANGE"], ...rows], [1, 2, 3]), ...other];
}

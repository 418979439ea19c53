import type { Command } from "commander";
import type { Evaluation } from "@trainer/training";
import { EvaluateOptions, TrainOptions } from "@trainer/training/options";
import { z } from "zod";
import { defineCommand } from "../define-command.js";
import { printable } from "../display/printable.js";
import { ProgressLine } from "../display/progress-line.js";
import { formatCount, formatNumber } from "../display/quantity.js";
import { UsageError } from "../errors.js";
import type { Io } from "../io.js";

const field = EvaluateOptions.shape;

const EvalFlags = z.strictObject({
  split: z
    .enum(field.split.unwrap().options)
    .nullable()
    .default(null)
    .describe("part of the run's own corpus; left out: validation"),
  path: field.path.describe("file or folder of text in place of a split"),
  document: field.document.describe("what a document of that text is; left out: as in training"),
  batchSize: field.batchSize.describe("sequences at a time; left out: by their length"),
  samples: z.boolean().default(true).describe("write no samples"),
  seed: field.seed.describe("of the samples"),
  out: field.out.describe("folder for metrics.json and samples.jsonl; left out: eval in the run's folder"),
  device: TrainOptions.shape.device.describe("where to compute"),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Measure a model on a split of its corpus or on any text: loss in nats per token, perplexity, and bits per byte, by which models with different tokenizers compare.",
    args: { "<run>": "id of a run, or path of a folder with config.json, model.safetensors and tokenizer.json" },
    options: EvalFlags,
    examples: {
      "trainer eval RUN": "on the validation split",
      "trainer eval RUN --split test --json": "loss, perplexity, bits_per_byte, tokens",
      "trainer eval ./gpt2 --path chapter.txt --no-samples": "a model made elsewhere, on a text",
    },
    async run({ args: [run = ""], options, home: root, out }) {
      const { device, samples, split, ...rest } = options;
      if (split !== null && options.path !== null) throw new UsageError("--split and --path exclude each other");
      const input = { ...rest, split: split ?? "validation", ...(samples ? {} : { prompts: [] }) };
      const { evaluate, openHome, openModel } = await import("@trainer/training");
      const progress = new ProgressLine(io, out);
      await io
        .interruptible(async (signal) => {
          const home = openHome(root);
          using opened = await openModel(run, { home, device });
          const result = await evaluate(opened, input, {
            home,
            signal,
            onProgress: (done, batches) => progress.update("evaluating", done / batches),
          });
          progress.clear();
          out.result(evaluationJson(result), () => report(result).join("\n"));
        })
        .finally(() => progress.clear());
    },
  });
}

const evaluationJson = (e: Evaluation) => ({
  split: e.split,
  path: e.path,
  loss: e.loss,
  perplexity: e.perplexity,
  bits_per_byte: e.bitsPerByte,
  tokens: e.tokens,
  bytes: e.bytes,
  documents: e.documents,
  distinct_1: e.diversity.distinct1,
  distinct_2: e.diversity.distinct2,
  repetition_4: e.diversity.repetition4,
  samples: e.samples,
  eval_path: e.dir,
});

const report = (e: Evaluation): string[] => [
  `text           ${e.path ?? `${e.split} split`}: ${formatCount(e.tokens)} tokens, ${formatCount(e.bytes)} bytes`,
  `loss           ${formatNumber(e.loss)} nats per token`,
  `perplexity     ${formatNumber(e.perplexity)}`,
  `bits per byte  ${formatNumber(e.bitsPerByte)}`,
  ...e.samples.flatMap(({ prompt, output }) => ["", `--- ${JSON.stringify(prompt)}`, printable(prompt + output)]),
  ...(e.dir === null ? [] : ["", `saved in       ${e.dir}`]),
];

import type { Command } from "commander";
import type { Score } from "@trainer/training";
import { ScoreOptions, TrainOptions } from "@trainer/training/options";
import { z } from "zod";
import { defineCommand } from "../define-command.js";
import { formatNumber } from "../display/quantity.js";
import { table } from "../display/table.js";
import { UsageError } from "../errors.js";
import type { Io } from "../io.js";
import { readAll } from "../read-text.js";

const field = ScoreOptions.shape;

const ScoreFlags = z.strictObject({
  text: field.text.describe("the text to score; - reads it from stdin"),
  path: field.path.describe("a file with the text to score"),
  detailLevel: field.detailLevel.describe("per_char: each token's surprisal too"),
  topK: field.topK.describe("the k likeliest tokens after each token too"),
  device: TrainOptions.shape.device.describe("where to compute"),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "How well a model foresees a text: loss in nats per token, perplexity, and each token's surprisal in bits.",
    args: { "<run>": "id of a run, or path of a folder with config.json, model.safetensors and tokenizer.json" },
    options: ScoreFlags,
    examples: {
      'trainer score RUN --text "To be, or not to be"': "loss and perplexity",
      'trainer score RUN --text "To be, or not to be" --detail-level per_char --top-k 3':
        "token by token, with what was expected instead",
      "trainer score RUN --path chapter.txt --json": "loss, perplexity, surprisal, topk, tokens",
    },
    async run({ args: [run = ""], options: { device, ...options }, home, out }) {
      const { text, path } = options;
      if (text !== null && path !== null) throw new UsageError("--text and --path exclude each other");
      if (text === null && path === null)
        throw new UsageError("what should be scored? Give --text TEXT or --path FILE");
      const { openHome, openModel, score } = await import("@trainer/training");
      const input = { ...options, text: text === "-" ? await readAll(io.stdin) : text };
      await io.interruptible(async (signal) => {
        using opened = await openModel(run, { home: openHome(home), device });
        const result = await score(opened, input, signal);
        out.result(result, () => report(result).join("\n"));
      });
    },
  });
}

function report({ loss, perplexity, surprisal, topk, tokens }: Score): string[] {
  const head = [`loss        ${formatNumber(loss)} nats per token`, `perplexity  ${formatNumber(perplexity)}`];
  const names = tokens?.map((token) => JSON.stringify(token)) ?? topk?.map((_, i) => String(i)) ?? [];
  if (names.length === 0) return head;
  const bits = ["", ...(surprisal ?? []).map(formatNumber)]; // nothing foresees the first token
  const expected = ["", ...(topk ?? []).map(likeliest)];
  const rows = names.map((name, i) => [name, bits[i], expected[i]]);
  return [...head, "", ...table([["TOKEN", "BITS", topk === null ? "" : "EXPECTED"], ...rows], [1])];
}

const likeliest = (tokens: readonly (readonly [token: string, probability: number])[]) =>
  tokens.map(([token, p]) => `${JSON.stringify(token)} ${(100 * p).toFixed(1)}%`).join("  ");

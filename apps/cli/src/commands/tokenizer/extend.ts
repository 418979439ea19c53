import { basename } from "node:path";
import type { Command } from "commander";
import type { Tokenizer } from "@trainer/tokenizers";
import { most, preset, TrainOptions, ungrouped } from "@trainer/options";
import type { ExtendedTokenizer } from "@trainer/training/files";
import { READ_FILES } from "@trainer/training/options";
import { z } from "zod";
import { formatDuration } from "../../display/duration.js";
import { formatChange, formatCount } from "../../display/quantity.js";
import { statsLines } from "../../display/tokenizer-stats.js";
import { tellLeftOut } from "../../flags/given-text.js";
import { TEXT_FLAGS, textOptions } from "../../flags/text-flags.js";
import { word } from "../../framework/arguments.js";
import { defineCommand } from "../../framework/define-command.js";
import { shellWord } from "../../process/home-flag.js";
import type { Io } from "../../process/io.js";
import { assertPlace, learnTokenizer } from "./learn-tokenizer.js";

const run = ungrouped(TrainOptions.shape);

const ExtendFlags = z.strictObject({
  corpus: z.array(z.string().min(1)).min(1).describe(`files or folders of your text: ${READ_FILES}`),
  add: z.int().min(1).max(most.vocabSize).default(2000).describe("tokens to add; a small text gives fewer"),
  minFrequency: run.minFrequency.describe("how often a pair must occur to become a token"),
  holdoutFraction: preset(run.holdoutFraction, 0).describe(
    "part of the text that nothing is learned from, and that both tokenizers are measured on; 0: what is learned from",
  ),
  seed: run.seed.describe("of what is held back"),
  document: run.document.describe("what no token reaches across"),
  ...TEXT_FLAGS,
  threads: z.int().min(0).default(0).describe("processor threads; 0: one a core"),
  out: z.string().min(1).nullable().default(null).describe("folder to write; left out: one in the home"),
  force: z
    .boolean()
    .default(false)
    .describe("replace a tokenizer's files in the --out folder; what else is there stays"),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Add tokens of your own text to a BPE tokenizer, byte-level or of SentencePiece. The old tokens keep their ids, and " +
      "where a text has no new token it is encoded as before, so that a model of the old one can be trained on with the new one.",
    args: { base: word("id of a tokenizer or a run, or path of a tokenizer's or model's folder or file") },
    options: ExtendFlags,
    examples: {
      "trainer tokenizer extend BASE --corpus my.txt --add 2000":
        "into the home, under an id to use with `trainer train --pretrained MODEL --tokenizer ID`",
      "trainer tokenizer extend ./gpt2 --corpus my.txt --corpus more/ --out gpt2-extended": "of a model's folder",
      "trainer tokenizer extend BASE --corpus my.txt --holdout-fraction 0.05":
        "both measured on text that neither has seen",
      "trainer tokenizer extend BASE --corpus my.txt --server http://127.0.0.1:8000":
        "a tokenizer of a server, under an id for trainings there",
    },
    async runOn(server, invocation) {
      const { extendTokenizerRemote } = await import("../../remote/train-tokenizer.js");
      await extendTokenizerRemote(server, ExtendFlags, invocation.args.base, invocation);
    },
    async run({ args: { base: ref }, options, home, flags, io, out }) {
      const { corpus: files, add, minFrequency, holdoutFraction, seed, document, out: folder } = options;
      await assertPlace(options, home);
      const { extendOnCorpus, openHome, resolveBase } = await import("@trainer/training/files");
      const { loadTokenizer } = await import("@trainer/tokenizers");
      const { id, path: place } = await resolveBase(ref, openHome(home));
      const base = { id: id ?? place, tokenizer: await loadTokenizer(place) };
      const { made, path, seconds } = await learnTokenizer(
        { ...options, files, read: { ...textOptions(options), document } },
        { home, io, out },
        async (corpus, context) =>
          extendOnCorpus(corpus, base, {
            add,
            minFrequency,
            split: { holdoutFraction, testSplitRatio: 0, seed },
            ...context,
          }),
      );
      const value = { ...summary(made), path, seconds };
      if (value.added < add)
        out.warn(`The text has pairs for ${formatCount(value.added)} new tokens only, not ${formatCount(add)}.`);
      tellLeftOut(made.manifest.left_out, out);
      out.result({ tokenizer_id: basename(path), ...value }, () => report(value, { ref, folder, flags }));
    },
  });
}

/** New tokens that are shown. */
const SHOWN = 20;

function summary({ tokenizer, manifest }: ExtendedTokenizer) {
  const { extends: base, stats, left_out } = manifest;
  const added = tokenizer.vocabSize - base.vocab_size;
  return {
    base: base.id,
    vocab_size: tokenizer.vocabSize,
    added,
    tokens_per_byte: { before: 1 / base.bytes_per_token, after: 1 / Number(stats?.bytes_per_token) },
    first: firstNew(tokenizer, base.vocab_size, Math.min(added, SHOWN)),
    stats,
    left_out,
  };
}

const firstNew = (tokenizer: Tokenizer, from: number, count: number): string[] =>
  Array.from({ length: count }, (_, i) => tokenizer.decode([from + i]));

interface Extended extends ReturnType<typeof summary> {
  readonly path: string;
  readonly seconds: number;
}

interface Asked {
  readonly ref: string;
  readonly folder: string | null;
  readonly flags: string;
}

function report(value: Extended, { ref, folder, flags }: Asked): string {
  const { before, after } = value.tokens_per_byte;
  const id = basename(value.path);
  return [
    `tokenizer   ${id}`,
    `vocabulary  ${formatCount(value.vocab_size)} tokens: ${formatCount(value.added)} new ones, in ${formatDuration(value.seconds)}`,
    `text        ${after.toFixed(4)} tokens a byte, ${before.toFixed(4)} before: ${formatChange(after / before - 1)}`,
    ...statsLines(value.stats),
    `new         ${value.first.map((token) => JSON.stringify(token)).join(" ")}`,
    `model       gets ${formatCount(value.added)} rows more in its embedding, and as many in its head where that is not tied to it`,
    `saved in    ${value.path}`,
    "",
    "Next:",
    `  trainer train my-text.txt --pretrained ${shellWord(ref)} --tokenizer ${shellWord(folder ?? id)}${flags}`,
  ].join("\n");
}

import { basename } from "node:path";
import type { Command } from "commander";
import { methodInfo, methodNames, SentencePieceOptions, type MethodName } from "@trainer/tokenizers/capabilities";
import type { TokenizerManifest } from "@trainer/training";
import { grouped, preset, TrainOptions, ungrouped } from "@trainer/options";
import { READ_FILES } from "@trainer/training/options";
import { z } from "zod";
import { words } from "../../framework/arguments.js";
import { defineCommand } from "../../framework/define-command.js";
import { formatDuration } from "../../display/duration.js";
import { formatCount } from "../../display/quantity.js";
import { UsageError } from "../../process/errors.js";
import { shellWord } from "../../process/home-flag.js";
import { tellLeftOut } from "../../flags/given-text.js";
import type { Io } from "../../process/io.js";
import { TEXT_FLAGS, textOptions } from "../../flags/text-flags.js";
import { statsLines } from "../../display/tokenizer-stats.js";
import { assertPlace, learnTokenizer } from "./learn-tokenizer.js";

const run = ungrouped(TrainOptions.shape);
const library = SentencePieceOptions.shape;

/** The common options of SentencePiece's own trainer. */
const OfSentencePiece = z.object({
  modelType: library.modelType.describe("how pieces are found"),
  characterCoverage: library.characterCoverage.describe("share of the text whose characters get a piece"),
  byteFallback: z.boolean().default(false).describe("spell what is unknown in bytes, so that nothing is"),
  splitDigits: z.boolean().default(false).describe("a piece for each digit"),
  normalizationRuleName: library.normalizationRuleName.describe("left out: nmt_nfkc"),
  userDefinedSymbols: z.array(z.string().min(1)).default([]).describe("a text that is always one piece"),
  maxSentenceLength: library.maxSentenceLength.describe("bytes; longer lines are skipped; left out: 4192"),
  inputSentenceSize: library.inputSentenceSize.describe(
    "lines to learn from, drawn from all; left out: all up to 512 MiB",
  ),
});

const TokenizerFlags = z.strictObject({
  method: z.enum(methodNames()).default("bpe").describe("how the text is cut"),
  vocabSize: z
    .int()
    .min(1)
    .max(1_000_000)
    .nullable()
    .default(null)
    .describe("tokens to end with, the special ones included; left out: 1,024 to 32,768 by the size of the text"),
  minFrequency: run.minFrequency,
  holdoutFraction: preset(run.holdoutFraction, 0).describe(
    "part of the text that is not trained on, and that the statistics are of; 0: of what is trained on",
  ),
  seed: run.seed.describe("of what is held back"),
  document: run.document
    .unwrap()
    .nullable()
    .default(null)
    .describe("what no token reaches across; left out: line, with char file, so that line feeds are characters too"),
  ...TEXT_FLAGS,
  format: run.format.describe(
    "what records are: text; or conversations, whose turns then have tokens of their own with bpe, as `trainer train` asks",
  ),
  normalization: z.enum(["none", "NFC"]).default("none").describe("with char, what is done to a text before it is cut"),
  ...grouped("With --method sentencepiece", OfSentencePiece.shape),
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
      "Train a tokenizer: byte-level BPE, whose tokenizer.json is Hugging Face's, SentencePiece, or single characters.",
    args: { file: words(`files or folders: ${READ_FILES}; of records a field (--text-field)`) },
    options: TokenizerFlags,
    examples: {
      "trainer tokenizer train book.txt --vocab-size 8000":
        "into the home, under an id to use with `trainer train --tokenizer`",
      "trainer tokenizer train corpus/ --out my-tokenizer": "into a folder of your choice",
      "trainer tokenizer train book.txt --holdout-fraction 0.05": "measured on text that it has not seen",
      "trainer tokenizer train book.txt --method sentencepiece --model-type unigram --vocab-size 8000":
        "Google's SentencePiece: tokenizer.model and tokenizer.vocab",
      "trainer tokenizer train book.txt --json": "tokenizer_id, path, vocab_size, seconds, stats",
      "trainer tokenizer train book.txt --server http://127.0.0.1:8000": "on a server, under an id for trainings there",
    },
    async runOn(server, invocation) {
      const { method, vocabSize } = invocation.options;
      if (vocabSize !== null) checkVocabSize(method, vocabSize);
      const { trainTokenizerRemote } = await import("../../remote/train-tokenizer.js");
      await trainTokenizerRemote(server, TokenizerFlags, invocation.args.file, invocation);
    },
    async run({ args: { file: files }, options, home, flags, io, out }) {
      const { out: folder, method, vocabSize, minFrequency, document, holdoutFraction, seed } = options;
      if (vocabSize !== null) checkVocabSize(method, vocabSize);
      await assertPlace(options, home);
      const { skippedWarning, trainOnCorpus, vocabSizeFor } = await import("@trainer/training/files");
      const read = {
        ...textOptions(options),
        records: options.format,
        document: document ?? (method === "char" ? "file" : "line"),
      };
      const { made, path, seconds } = await learnTokenizer(
        { ...options, files, read },
        { home, io, out },
        async (corpus, context) =>
          trainOnCorpus(corpus, {
            method,
            vocabSize: vocabSize ?? vocabSizeFor(corpus.totalBytes),
            minFrequency,
            normalization: options.normalization,
            sentencepiece: OfSentencePiece.parse(options),
            split: { holdoutFraction, testSplitRatio: 0, seed },
            ...context,
          }),
      );
      const { vocabSize: size } = made.tokenizer;
      if (vocabSize !== null && methodInfo(method).leastVocabSize !== null && size < vocabSize)
        out.warn(`The text has pairs for ${formatCount(size)} tokens only, not ${formatCount(vocabSize)}.`);
      const { skipped_lines: skipped, stats, left_out } = made.manifest;
      const warning = skippedWarning(skipped, "--max-sentence-length");
      if (warning !== null) out.warn(warning);
      const value = {
        tokenizer_id: basename(path),
        path,
        vocab_size: size,
        seconds,
        stats,
        left_out,
        ...(skipped === undefined ? {} : { skipped_lines: skipped }),
      };
      tellLeftOut(left_out, out);
      out.result(value, () => report(value, folder ?? value.tokenizer_id, flags));
    },
  });
}

function checkVocabSize(method: MethodName, vocabSize: number): void {
  const least = methodInfo(method).leastVocabSize;
  if (least !== null && vocabSize < least)
    throw new UsageError(
      `--vocab-size ${vocabSize} is too small for ${method}: it must be a whole number from ${least}`,
    );
}

interface Trained {
  readonly tokenizer_id: string;
  readonly path: string;
  readonly vocab_size: number;
  readonly seconds: number;
  readonly stats: TokenizerManifest["stats"];
}

function report(
  { tokenizer_id: id, path, vocab_size: size, seconds, stats }: Trained,
  ref: string,
  flags: string,
): string {
  return [
    `tokenizer   ${id}`,
    `vocabulary  ${formatCount(size)} tokens in ${formatDuration(seconds)}`,
    ...statsLines(stats),
    `saved in    ${path}`,
    "",
    "Next:",
    `  trainer tokenizer show ${shellWord(ref)}${flags} --text "How is this cut?"`,
    `  trainer train my-text.txt --tokenizer ${shellWord(ref)}${flags}`,
  ].join("\n");
}

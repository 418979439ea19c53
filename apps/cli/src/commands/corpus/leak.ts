import type { Command } from "commander";
import type { Leak, ShownLeak } from "@trainer/training";
import { leftOutSentences } from "@trainer/training/options";
import { z } from "zod";
import { formatBytes, formatCount } from "../../display/quantity.js";
import { amountOf, documentJson, documentLine } from "../../display/shown-document.js";
import { CORPUS_ARGUMENT } from "../../flags/corpus-argument.js";
import { TEXT_FLAGS, textOptions, wholeDocument } from "../../flags/text-flags.js";
import { words } from "../../framework/arguments.js";
import { defineCommand } from "../../framework/define-command.js";
import type { Io } from "../../process/io.js";
import { withCorpus } from "../../runs/with-corpus.js";

const Options = z.strictObject({
  against: z.string().min(1).describe("the text to look for: a benchmark, or a test text, as a file or a folder"),
  words: z.number().int().min(3).max(100).default(13).describe("words in a row that count as copied"),
  againstField: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("the field of the records of --against that has their text; left out: found, as in --text-field"),
  document: wholeDocument("looked for"),
  ...TEXT_FLAGS,
});

const STAGES = {
  index: "reading what to look for",
  compare: "looking for it",
  count: "counting",
  examples: "looking up examples",
} as const;

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "How much of a text to be measured with lies in a text to be trained on: the documents of --against that have " +
      "words in a row in common with it, without case, accents and punctuation. Nothing is written.",
    args: { corpus: words(CORPUS_ARGUMENT) },
    options: Options,
    examples: {
      "trainer corpus leak texts/ --against benchmark.jsonl": "what of a benchmark is in the texts",
      "trainer corpus leak train.txt --against test.txt --document line --words 8": "line by line, of eight words",
    },
    async run({ args: { corpus: names }, options, home, io, out }) {
      const { findLeak } = await import("@trainer/training/files");
      const { against, againstField, words: length, document } = options;
      const leak = await withCorpus(names, { home, io, out }, async ({ paths, where, line }) =>
        findLeak(paths, {
          ...textOptions(options),
          ...where,
          document,
          against,
          againstField,
          words: length,
          onRead: ({ stage, bytes, totalBytes }) => line.update(STAGES[stage], bytes / Math.max(1, totalBytes)),
        }),
      );
      out.result(leakJson(leak), () => leakFacts(leak, length).join("\n"));
    },
  });
}

const leakJson = (leak: Leak) => ({
  against: leak.against,
  text: leak.text,
  some: leak.some,
  half: leak.half,
  whole: leak.whole,
  short: leak.short,
  examples: leak.examples.map(({ share, document, source }) => ({
    share,
    document: documentJson(document),
    source: documentJson(source),
  })),
  table_bytes: leak.tableBytes,
  left_out: leak.leftOut,
});

const exampleLines = ({ share, document, source }: ShownLeak) => [
  "",
  `${(100 * share).toFixed(1)} % of its runs`,
  `  looked for  ${documentLine(document)}`,
  `  found in    ${documentLine(source)}`,
];

const leakFacts = (leak: Leak, length: number) => [
  `looked for  ${formatCount(leak.against.documents)}, ${formatBytes(leak.against.bytes)}`,
  `in          ${formatCount(leak.text.documents)}, ${formatBytes(leak.text.bytes)}`,
  `found       ${amountOf(leak.some, leak.against)} with ${length} words in a row that are there`,
  `half        ${amountOf(leak.half, leak.against)} with at least half of their runs of ${length} words`,
  `whole       ${amountOf(leak.whole, leak.against)} with all of them`,
  `short       ${formatCount(leak.short)} with fewer than ${length} words, found only where all of a document is the same`,
  `memory      ${formatBytes(leak.tableBytes)} for what was compared`,
  ...[...leftOutSentences(leak.leftOut.text), ...leftOutSentences(leak.leftOut.against)].map(
    (sentence) => `left out    ${sentence}`,
  ),
  ...leak.examples.flatMap(exampleLines),
];

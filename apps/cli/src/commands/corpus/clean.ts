import type { Command } from "commander";
import type { Cleaning, Masked, Removed } from "@trainer/training";
import { leftOutSentences, MASKS, type Mask } from "@trainer/training/options";
import { z } from "zod";
import { formatBytes, formatCount, formatWords } from "../../display/quantity.js";
import { amountOf, documentJson, documentLine } from "../../display/shown-document.js";
import { CORPUS_ARGUMENT } from "../../flags/corpus-argument.js";
import { KEPT_FILE, keptFile, nextTraining } from "../../flags/kept-file.js";
import { TEXT_FLAGS, textOptions, wholeDocument } from "../../flags/text-flags.js";
import { words } from "../../framework/arguments.js";
import { defineCommand } from "../../framework/define-command.js";
import { UsageError } from "../../process/errors.js";
import type { Io } from "../../process/io.js";
import { withCorpus } from "../../runs/with-corpus.js";

const limit = z.int().min(1).nullable().default(null);

const Options = z.strictObject({
  ...KEPT_FILE,
  mask: z
    .array(z.string())
    .default([])
    .describe(`personal data to put <EMAIL>, <PHONE> or <IBAN> in the place of: ${MASKS.join(",")}`),
  country: z
    .string()
    .nullable()
    .default(null)
    .describe("the country (DE, US) whose phone numbers are masked without +49 or 0049 too"),
  language: z
    .array(z.string().trim().min(1))
    .default([])
    .describe("languages that stay, by ISO 639-1: en,de; documents in others go, those too short to tell stay"),
  minWords: limit.describe("documents with fewer words go"),
  maxWords: limit.describe("documents with more words go"),
  repetition: z
    .boolean()
    .default(false)
    .describe("documents that repeat themselves go: lines, paragraphs and runs of words, by Gopher's limits"),
  document: wholeDocument("judged"),
  ...TEXT_FLAGS,
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Write a text without documents that are too short, too long, in another language or repeat themselves, and with " +
      "personal data masked. " +
      "What goes is told with examples; all else stays as it was, in its order.",
    args: { corpus: words(CORPUS_ARGUMENT) },
    options: Options,
    needs: [["out", "dryRun"]],
    examples: {
      "trainer corpus clean posts.jsonl --repetition --min-words 20 --dry-run": "what would go, with examples",
      "trainer corpus clean crawl.jsonl --language en,de --out clean.jsonl": "what is in English or German",
      "trainer corpus clean mails.mbox --mask email,phone,iban --country DE --out clean.jsonl": "a new file with masks",
    },
    async run({ args: { corpus: names }, options, home, flags, io, out }) {
      const written = keptFile(options);
      const mask = masksOf(options.mask);
      const { country, minWords, maxWords, repetition, document } = options;
      const languages = named(options.language);
      if (mask.length === 0 && minWords === null && maxWords === null && !repetition && languages.length === 0) {
        throw new UsageError("nothing to clean: give --mask, --min-words, --max-words, --language or --repetition");
      }
      if (country !== null && !mask.includes("phone")) {
        throw new UsageError("--country is of phone numbers: give --mask phone too, or leave it out");
      }
      const { cleanCorpus } = await import("@trainer/training/files");
      const result = await withCorpus(names, { home, io, out }, async ({ paths, where, line }) =>
        cleanCorpus(paths, {
          ...textOptions(options),
          ...where,
          mask,
          country,
          languages,
          minWords,
          maxWords,
          repetition,
          document,
          out: written,
          onRead: ({ bytes, totalBytes }) => line.update("cleaning", bytes / Math.max(1, totalBytes)),
        }),
      );
      out.result(cleaningJson(result, written), () =>
        [...cleaningFacts(result), ...nextTraining(written, options, flags)].join("\n"),
      );
    },
  });
}

/** Names, of words that may have several: "en,de". */
const named = (given: readonly string[]): string[] =>
  given.flatMap((each) => each.split(",")).map((name) => name.trim());

/** Kinds to mask, of words that may name several: "email,phone". */
function masksOf(given: readonly string[]): Mask[] {
  const names = named(given);
  const unknown = names.find((name) => !MASKS.some((mask) => mask === name));
  if (unknown !== undefined) {
    throw new UsageError(`--mask: there is no ${JSON.stringify(unknown)} to mask; expected ${MASKS.join(", ")}`);
  }
  return MASKS.filter((mask) => names.includes(mask));
}

const cleaningJson = (c: Cleaning, out: string | null) => ({
  out,
  files: c.files,
  documents: c.all.documents,
  bytes: c.all.bytes,
  kept: c.kept,
  removed: c.removed.map(({ rule, measure, documents, bytes, examples }) => ({
    rule,
    measure,
    documents,
    bytes,
    examples: examples.map(({ value, document }) => ({ value, ...documentJson(document) })),
  })),
  ...(c.untold === null ? {} : { untold: c.untold }),
  masked: c.masked.map(({ kind, count, documents, examples }) => ({
    kind,
    count,
    documents,
    examples: examples.map(({ written, path, number }) => ({ written, path, document: number })),
  })),
  left_out: c.leftOut,
});

const valueOf = (measure: Removed["measure"], value: number) =>
  measure === "share" ? `${(100 * value).toFixed(1)} %` : formatWords(value);

const removedLines = ({ rule, measure, examples }: Removed) => [
  "",
  rule,
  ...examples.map(({ value, document }) => `  taken away ${valueOf(measure, value)}: ${documentLine(document)}`),
];

const maskedLines = ({ kind, examples }: Masked) =>
  examples.length === 0
    ? []
    : [
        "",
        kind,
        ...examples.map(({ written, ...place }) => `  masked     ${documentLine({ ...place, start: written })}`),
      ];

const cleaningFacts = (c: Cleaning) => [
  `documents   ${formatCount(c.all.documents)}, ${formatBytes(c.all.bytes)}`,
  `kept        ${amountOf(c.kept, c.all)}`,
  ...c.removed.map((each) => `taken away  ${amountOf(each, c.all)}: ${each.rule}`),
  ...(c.untold === null || c.untold.documents === 0
    ? []
    : [`kept        ${amountOf(c.untold, c.all)} of them too short to tell their language`]),
  ...c.masked.map(
    ({ kind, count, documents }) =>
      `masked      ${formatCount(count)} ${kind}, in ${formatCount(documents)} of ${formatCount(c.kept.documents)} documents`,
  ),
  ...leftOutSentences(c.leftOut).map((sentence) => `left out    ${sentence}`),
  ...c.removed.flatMap(removedLines),
  ...c.masked.flatMap(maskedLines),
];

import type { Command } from "commander";
import type { Cleaning, Masked, Removed } from "@trainer/training";
import { leftOutSentences, MASKS, type Mask } from "@trainer/training/options";
import { z } from "zod";
import { formatBytes, formatCount, formatNumber, formatWords } from "../../display/quantity.js";
import { amountOf, documentJson, documentLine } from "../../display/shown-document.js";
import { CORPUS_ARGUMENT } from "../../flags/corpus-argument.js";
import { KEPT_FILE, keptFile, nextTraining } from "../../flags/kept-file.js";
import { TEXT_FLAGS, textOptions, wholeDocument } from "../../flags/text-flags.js";
import { words } from "../../framework/arguments.js";
import { defineCommand, MODEL, type Invocation } from "../../framework/define-command.js";
import { UsageError } from "../../process/errors.js";
import type { Io } from "../../process/io.js";
import { openHere } from "../../runs/open-here.js";
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
  pplModel: z
    .string()
    .trim()
    .min(1)
    .nullable()
    .default(null)
    .describe(`a model that judges documents by how well it foresees them: ${MODEL}`),
  maxPpl: z.number().min(1).nullable().default(null).describe("documents with a higher perplexity go"),
  keepBest: z
    .number()
    .gt(0)
    .max(1)
    .nullable()
    .default(null)
    .describe("part of the documents that stays, by the lowest perplexity: 0.8"),
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
      "trainer corpus clean crawl.jsonl --ppl-model RUN --keep-best 0.8 --out clean.jsonl":
        "the four fifths of the documents that a model foresees best",
      "trainer corpus clean mails.mbox --mask email,phone,iban --country DE --out clean.jsonl": "a new file with masks",
    },
    async run({ args: { corpus: names }, options, home, flags, io, out }) {
      const written = keptFile(options);
      const mask = masksOf(options.mask);
      const { country, minWords, maxWords, repetition, document } = options;
      const languages = named(options.language);
      const { pplModel, maxPpl, keepBest } = options;
      const limits = [minWords, maxWords, pplModel, maxPpl, keepBest].filter((limit) => limit !== null);
      if (mask.length + languages.length + limits.length === 0 && !repetition) {
        throw new UsageError(
          "nothing to clean: give --mask, --min-words, --max-words, --language, --repetition or --ppl-model",
        );
      }
      if ((pplModel === null) !== (maxPpl === null && keepBest === null)) {
        throw new UsageError("--ppl-model goes with --max-ppl or --keep-best: give both, or leave both out");
      }
      if (country !== null && !mask.includes("phone")) {
        throw new UsageError("--country is of phone numbers: give --mask phone too, or leave it out");
      }
      const { cleanCorpus } = await import("@trainer/training/files");
      const result = await withCorpus(names, { home, io, out }, async ({ paths, where, line }) => {
        using judge = pplModel === null ? null : await openJudge(pplModel, { home, io, out }, where.signal);
        return await cleanCorpus(paths, {
          ...textOptions(options),
          ...where,
          perplexity: judge && { of: judge.perplexity, most: maxPpl, best: keepBest },
          mask,
          country,
          languages,
          minWords,
          maxWords,
          repetition,
          document,
          out: written,
          onRead: ({ bytes, totalBytes }) => line.update("cleaning", bytes / Math.max(1, totalBytes)),
        });
      });
      out.result(cleaningJson(result, written), () =>
        [...cleaningFacts(result), ...nextTraining(written, options, flags)].join("\n"),
      );
    },
  });
}

/** The model that judges documents, and its perplexity of a text. */
async function openJudge(
  ref: string,
  { home, io, out }: Pick<Invocation<unknown>, "home" | "io" | "out">,
  signal: AbortSignal,
): Promise<Disposable & { readonly perplexity: (text: string) => Promise<number | null> }> {
  await (await import("../../process/need-libtorch.js")).needLibtorch(io, out);
  const { openHome, perplexityScorer } = await import("@trainer/training");
  const { nameRun } = await import("@trainer/training/files");
  const run = await nameRun(ref, openHome(home));
  const opened = await openHere(run, { device: "auto", weights: "fp32" }, { home, io, out }, signal);
  return { perplexity: perplexityScorer(opened), [Symbol.dispose]: () => opened[Symbol.dispose]() };
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
  ...(c.unscored === null ? {} : { unscored: c.unscored }),
  masked: c.masked.map(({ kind, count, documents, examples }) => ({
    kind,
    count,
    documents,
    examples: examples.map(({ written, path, number }) => ({ written, path, document: number })),
  })),
  left_out: c.leftOut,
});

const VALUES: Readonly<Record<Removed["measure"], (value: number) => string>> = {
  share: (value) => `${(100 * value).toFixed(1)} %`,
  words: formatWords,
  perplexity: formatNumber,
};

const removedLines = ({ rule, measure, examples }: Removed) => [
  "",
  rule,
  ...examples.map(({ value, document }) => `  taken away ${VALUES[measure](value)}: ${documentLine(document)}`),
];

const maskedLines = ({ kind, examples }: Masked) =>
  examples.length === 0
    ? []
    : [
        "",
        kind,
        ...examples.map(({ written, ...place }) => `  masked     ${documentLine({ ...place, start: written })}`),
      ];

const keptThough = (short: Cleaning["untold"], what: string, { all }: Cleaning) =>
  short === null || short.documents === 0 ? [] : [`kept        ${amountOf(short, all)} of them too short ${what}`];

const cleaningFacts = (c: Cleaning) => [
  `documents   ${formatCount(c.all.documents)}, ${formatBytes(c.all.bytes)}`,
  `kept        ${amountOf(c.kept, c.all)}`,
  ...c.removed.map((each) => `taken away  ${amountOf(each, c.all)}: ${each.rule}`),
  ...keptThough(c.untold, "to tell their language", c),
  ...keptThough(c.unscored, "for a perplexity", c),
  ...c.masked.map(
    ({ kind, count, documents }) =>
      `masked      ${formatCount(count)} ${kind}, in ${formatCount(documents)} of ${formatCount(c.kept.documents)} documents`,
  ),
  ...leftOutSentences(c.leftOut).map((sentence) => `left out    ${sentence}`),
  ...c.removed.flatMap(removedLines),
  ...c.masked.flatMap(maskedLines),
];

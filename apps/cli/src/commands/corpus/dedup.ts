import type { Command } from "commander";
import type { Deduplication, ShownCopy } from "@trainer/training";
import { leftOutSentences } from "@trainer/training/options";
import { z } from "zod";
import { formatBytes, formatCount } from "../../display/quantity.js";
import { amountOf, documentJson, documentLine } from "../../display/shown-document.js";
import { CORPUS_ARGUMENT } from "../../flags/corpus-argument.js";
import { KEPT_FILE, keptFile, nextTraining } from "../../flags/kept-file.js";
import { TEXT_FLAGS, textOptions, wholeDocument } from "../../flags/text-flags.js";
import { words } from "../../framework/arguments.js";
import { defineCommand } from "../../framework/define-command.js";
import { UsageError } from "../../process/errors.js";
import type { Io } from "../../process/io.js";
import { withCorpus } from "../../runs/with-corpus.js";

const Options = z.strictObject({
  ...KEPT_FILE,
  exact: z.boolean().default(false).describe("only documents that are equal to the last byte are copies"),
  similarity: z
    .number()
    .min(0.5)
    .max(1)
    .default(0.8)
    .describe("how much of their runs of five words near copies have in common, at least"),
  document: wholeDocument("compared"),
  ...TEXT_FLAGS,
});

const STAGES = { compare: "comparing", examples: "looking up examples" } as const;

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Write a text without its copies: of documents that are equal, or nearly so, the first stays. Words are compared, " +
      "without case, accents and punctuation; what stays is as it was, in its order.",
    args: { corpus: words(CORPUS_ARGUMENT) },
    options: Options,
    needs: [["out", "dryRun"]],
    examples: {
      "trainer corpus dedup posts.jsonl --dry-run": "how many copies there are, with examples",
      "trainer corpus dedup posts.jsonl --out unique.jsonl": "a new file without them",
      "trainer corpus dedup texts/ --out unique.jsonl --similarity 0.9": "only what is more alike",
      "trainer corpus dedup log.txt --document line --exact --out unique.txt": "each line once",
    },
    async run({ args: { corpus: names }, options, given, home, flags, io, out }) {
      const { exact, similarity, document } = options;
      const written = keptFile(options);
      if (exact && given.has("similarity")) {
        throw new UsageError("--similarity is of near copies, for which --exact does not look: leave one of them out");
      }
      const { deduplicate } = await import("@trainer/training/files");
      const result = await withCorpus(names, { home, io, out }, async ({ paths, where, line }) =>
        deduplicate(paths, {
          ...textOptions(options),
          ...where,
          document,
          out: written,
          similarity: exact ? null : similarity,
          onRead: ({ stage, bytes, totalBytes }) => line.update(STAGES[stage], bytes / Math.max(1, totalBytes)),
        }),
      );
      out.result(deduplicationJson(result, written), () =>
        [...deduplicationFacts(result), ...nextTraining(written, options, flags)].join("\n"),
      );
    },
  });
}

const deduplicationJson = (d: Deduplication, out: string | null) => ({
  out,
  files: d.files,
  documents: d.all.documents,
  bytes: d.all.bytes,
  kept: d.kept,
  exact: d.exact,
  near: d.near,
  examples: d.examples.map(({ kind, similarity, kept, removed }) => ({
    kind,
    similarity,
    kept: documentJson(kept),
    removed: documentJson(removed),
  })),
  table_bytes: d.tableBytes,
  left_out: d.leftOut,
});

const exampleLines = ({ kind, similarity, kept, removed }: ShownCopy) => [
  "",
  kind === "exact" ? "equal" : `similarity ${similarity.toFixed(2)}`,
  `  kept       ${documentLine(kept)}`,
  `  taken away ${documentLine(removed)}`,
];

const ONE = "The text is one document, which has no copy: --document paragraph or --document line compares its parts.";

const deduplicationFacts = (d: Deduplication) => [
  `documents   ${formatCount(d.all.documents)}, ${formatBytes(d.all.bytes)}`,
  `equal       ${amountOf(d.exact, d.all)}`,
  `near        ${amountOf(d.near, d.all)}`,
  `kept        ${amountOf(d.kept, d.all)}`,
  `memory      ${formatBytes(d.tableBytes)} for what was compared`,
  ...leftOutSentences(d.leftOut).map((sentence) => `left out    ${sentence}`),
  ...(d.all.documents === 1 ? ["", ONE] : []),
  ...d.examples.flatMap(exampleLines),
];

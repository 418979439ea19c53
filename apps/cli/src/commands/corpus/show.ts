import type { Command } from "commander";
import { preset, TrainOptions, ungrouped } from "@trainer/options";
import { z } from "zod";
import { conversationFacts, conversationsJson } from "../../display/conversation-facts.js";
import { corpusFacts, corpusJson, documentFacts } from "../../display/corpus-facts.js";
import { CORPUS_ARGUMENT } from "../../flags/corpus-argument.js";
import { TEXT_FLAGS, textOptions } from "../../flags/text-flags.js";
import { words } from "../../framework/arguments.js";
import { defineCommand } from "../../framework/define-command.js";
import type { Io } from "../../process/io.js";
import { withCorpus } from "../../runs/with-corpus.js";

const { document, format } = ungrouped(TrainOptions.shape);

const Options = z.strictObject({
  format,
  document: preset(document, "file"),
  examples: z.int().min(0).max(100).default(3).describe("how many documents or conversations to show"),
  ...TEXT_FLAGS,
});

/** What a training learns from as one piece. */
const CUT = {
  file: "documents: whole files and records (--document file)",
  paragraph: "documents: what stands between blank lines (--document paragraph)",
  line: "documents: lines (--document line)",
};

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "What a text is like: lines, characters, scripts, duplicates, the longest line, and the first documents as a " +
      "training cuts them; with --format, what conversations are like, and what of them is learnt. It is read once, as a " +
      "stream. Lines are stripped, and blank ones do not count.",
    args: { corpus: words(CORPUS_ARGUMENT) },
    options: Options,
    examples: {
      "trainer corpus show plays.txt": "the main things",
      "trainer corpus show chats.jsonl --format auto": "how many turns and answers there are, with examples",
      "trainer corpus show texts/ --json": "for a script",
    },
    async run({ args: { corpus: names }, options, home, out, io }) {
      const { conversationStatistics, corpusStatistics, firstDocuments, openCorpus } =
        await import("@trainer/training/files");
      await withCorpus(names, { home, io, out }, async ({ paths, where, line }) => {
        const { format: records, document, examples } = options;
        const reading = {
          ...textOptions(options),
          ...where,
          onRead: ({ bytes, totalBytes }: { readonly bytes: number; readonly totalBytes: number }) =>
            line.update("reading", bytes / Math.max(1, totalBytes)),
        };
        if (records !== "text") {
          const statistics = await conversationStatistics(paths, { ...reading, records, show: examples });
          line.clear();
          out.result(conversationsJson(statistics), () => conversationFacts(statistics).join("\n"));
          return;
        }
        const corpus = await openCorpus(paths, { ...reading, document });
        const statistics = await corpusStatistics(paths, reading);
        const documents = examples === 0 ? [] : await firstDocuments(corpus, examples, where.signal);
        await corpus.assertUnchanged();
        line.clear();
        const shown = documents.length === 0 ? [] : documentFacts(CUT[corpus.document], documents);
        const previews = documents.map(({ text, isCut }) => ({ text, cut: isCut }));
        out.result({ ...corpusJson(statistics), document: corpus.document, documents: previews }, () =>
          [...corpusFacts(statistics), ...shown].join("\n"),
        );
      });
    },
  });
}

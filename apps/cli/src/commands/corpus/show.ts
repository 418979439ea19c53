import type { Command } from "commander";
import type { CorpusStatistics } from "@trainer/training";
import { leftOutSentences } from "@trainer/training/options";
import { z } from "zod";
import { CORPUS_ARGUMENT } from "../../flags/corpus-argument.js";
import { words } from "../../framework/arguments.js";
import { defineCommand } from "../../framework/define-command.js";
import { formatBytes, formatCount } from "../../display/quantity.js";
import { withCorpus } from "../../runs/with-corpus.js";
import type { Io } from "../../process/io.js";
import { TEXT_FLAGS, textOptions } from "../../flags/text-flags.js";

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "What a text is like: lines, characters, scripts, duplicates, the longest line. It is read once, as a stream. " +
      "Lines are stripped, and blank ones do not count.",
    args: { corpus: words(CORPUS_ARGUMENT) },
    options: z.strictObject(TEXT_FLAGS),
    examples: {
      "trainer corpus show plays.txt": "the main things",
      "trainer corpus show texts/ --json": "for a script",
    },
    async run({ args: { corpus: names }, options, home, out, io }) {
      const { corpusStatistics } = await import("@trainer/training/files");
      const statistics = await withCorpus(names, { home, io, out }, async ({ paths, where, line }) =>
        corpusStatistics(paths, {
          ...textOptions(options),
          ...where,
          onRead: ({ bytes, totalBytes }) => line.update("reading", bytes / Math.max(1, totalBytes)),
        }),
      );
      out.result(statisticsJson(statistics), () => statisticsFacts(statistics).join("\n"));
    },
  });
}

export const statisticsJson = (s: CorpusStatistics) => ({
  files: s.files,
  formats: s.formats,
  bytes: s.bytes,
  lines: s.lines,
  characters: s.characters,
  replaced_characters: s.leftOut.characters.count,
  left_out: s.leftOut,
  duplicate_lines: s.duplicateLines,
  duplicates_exact: s.duplicatesExact,
  longest_line: s.longestLine,
  scripts: s.scripts,
});

/** Formats of the files, where they are more than plain text. */
function formatFacts({ formats }: CorpusStatistics): string[] {
  const names = Object.entries(formats).map(([format, files]) => `${formatCount(files)} ${format}`);
  return Object.keys(formats).every((format) => format === "text") ? [] : [`read as     ${names.join(", ")}`];
}

const share = (part: number, whole: number) => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;

export const statisticsFacts = (s: CorpusStatistics) => [
  `files       ${formatCount(s.files)}, ${formatBytes(s.bytes)}`,
  ...formatFacts(s),
  `lines       ${formatCount(s.lines)}`,
  `characters  ${formatCount(s.characters)}`,
  `duplicates  ${s.duplicatesExact ? "" : "about "}${formatCount(s.duplicateLines)} lines (${share(s.duplicateLines, s.lines)})`,
  `longest     ${formatCount(s.longestLine.characters)} characters: ${s.longestLine.start.replace(/\p{Cc}/gu, " ")}`,
  `scripts     ${s.scripts.map(({ script, characters }) => `${script} ${share(characters, s.characters)}`).join(", ")}`,
  ...leftOutSentences(s.leftOut).map((sentence) => `left out    ${sentence}`),
];

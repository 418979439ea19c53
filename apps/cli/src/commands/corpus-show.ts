import type { Command } from "commander";
import type { CorpusStatistics } from "@trainer/training";
import { z } from "zod";
import { CORPUS_ARGUMENT, corpusArgument } from "../corpus-argument.js";
import { defineCommand } from "../define-command.js";
import { ProgressLine } from "../display/progress-line.js";
import { formatBytes, formatCount } from "../display/quantity.js";
import { fetching } from "../fetching.js";
import type { Io } from "../io.js";

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "What a text is like: lines, characters, scripts, duplicates, the longest line. It is read once, as a stream. " +
      "Lines are stripped, and blank ones do not count.",
    args: { "<corpus...>": CORPUS_ARGUMENT },
    options: z.strictObject({}),
    examples: {
      "trainer corpus show plays.txt": "the main things",
      "trainer corpus show texts/ --json": "for a script",
    },
    async run({ args, home, out, io }) {
      const { corpusPaths, corpusStatistics, openCorpus, openHome } = await import("@trainer/training");
      const named = corpusArgument(args);
      await io.interruptible(async (signal) => {
        using corpus = await corpusPaths(named, {
          home: openHome(home),
          ...(await fetching({ home, io, out })),
          signal,
        });
        const { totalBytes } = await openCorpus(corpus.paths, { document: "line" });
        const line = new ProgressLine(io, out);
        const onRead = ({ bytes }: { readonly bytes: number }) => line.update("reading", bytes / totalBytes);
        const statistics = await corpusStatistics(corpus.paths, { signal, onRead });
        line.clear();
        out.result(statisticsJson(statistics), () => statisticsFacts(statistics).join("\n"));
      });
    },
  });
}

export const statisticsJson = (s: CorpusStatistics) => ({
  files: s.files,
  bytes: s.bytes,
  lines: s.lines,
  characters: s.characters,
  replaced_characters: s.replacedCharacters,
  duplicate_lines: s.duplicateLines,
  duplicates_exact: s.duplicatesExact,
  longest_line: s.longestLine,
  scripts: s.scripts,
});

const share = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} %`;

export const statisticsFacts = (s: CorpusStatistics) => [
  `files       ${formatCount(s.files)}, ${formatBytes(s.bytes)}`,
  `lines       ${formatCount(s.lines)}`,
  `characters  ${formatCount(s.characters)}${s.replacedCharacters === 0 ? "" : `, ${formatCount(s.replacedCharacters)} of them in place of what is not UTF-8`}`,
  `duplicates  ${s.duplicatesExact ? "" : "about "}${formatCount(s.duplicateLines)} lines (${share(s.duplicateLines, s.lines)})`,
  `longest     ${formatCount(s.longestLine.characters)} characters: ${s.longestLine.start.replace(/\p{Cc}/gu, " ")}`,
  `scripts     ${s.scripts.map(({ script, characters }) => `${script} ${share(characters, s.characters)}`).join(", ")}`,
];

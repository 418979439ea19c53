import type { Command } from "commander";
import type { CorpusStatistics } from "@trainer/training";
import { z } from "zod";
import { defineCommand } from "../define-command.js";
import { ProgressLine } from "../display/progress-line.js";
import { formatBytes, formatCount } from "../display/quantity.js";
import type { Io } from "../io.js";

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "What a text is like: lines, characters, scripts, duplicates, the longest line. It is read once, as a stream.\n" +
      "Lines are stripped, and blank ones do not count.",
    args: { "<path...>": "files or folders of text: .txt, .text, .jsonl, also with .gz" },
    options: z.strictObject({}),
    examples: {
      "trainer corpus show plays.txt": "the main things",
      "trainer corpus show texts/ --json": "for a script",
    },
    async run({ args, out, io }) {
      const { corpusStatistics, openCorpus } = await import("@trainer/training");
      await io.interruptible(async (signal) => {
        const { totalBytes } = await openCorpus(args, { document: "line" });
        const line = new ProgressLine(io, out);
        const onRead = ({ bytes }: { readonly bytes: number }) => line.update("reading", bytes / totalBytes);
        const statistics = await corpusStatistics(args, { signal, onRead });
        line.clear();
        out.result(toJson(statistics), () => facts(statistics).join("\n"));
      });
    },
  });
}

const toJson = (s: CorpusStatistics) => ({
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

const facts = (s: CorpusStatistics) => [
  `files       ${formatCount(s.files)}, ${formatBytes(s.bytes)}`,
  `lines       ${formatCount(s.lines)}`,
  `characters  ${formatCount(s.characters)}${s.replacedCharacters === 0 ? "" : `, ${formatCount(s.replacedCharacters)} of them in place of what is not UTF-8`}`,
  `duplicates  ${s.duplicatesExact ? "" : "about "}${formatCount(s.duplicateLines)} lines (${share(s.duplicateLines, s.lines)})`,
  `longest     ${formatCount(s.longestLine.characters)} characters: ${s.longestLine.start.replace(/\p{Cc}/gu, " ")}`,
  `scripts     ${s.scripts.map(({ script, characters }) => `${script} ${share(characters, s.characters)}`).join(", ")}`,
];

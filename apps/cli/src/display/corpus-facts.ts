import type { CorpusStatistics } from "@trainer/training";
import type { DocumentPreview } from "@trainer/training/files";
import { leftOutSentences } from "@trainer/training/options";
import { formatBytes, formatCount, formatShare } from "./quantity.js";

/** What a text is like, in JSON. */
export const corpusJson = (s: CorpusStatistics) => ({
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

/** The same for a reader. */
export const corpusFacts = (s: CorpusStatistics): string[] => [
  ...fileFacts(s),
  `lines       ${formatCount(s.lines)}`,
  `characters  ${formatCount(s.characters)}`,
  `duplicates  ${duplicates(s.duplicateLines, s.duplicatesExact)} lines (${formatShare(s.duplicateLines, s.lines)})`,
  `longest     ${formatCount(s.longestLine.characters)} characters: ${s.longestLine.start.replace(/\p{Cc}/gu, " ")}`,
  `scripts     ${s.scripts.map(({ script, characters }) => `${script} ${formatShare(characters, s.characters)}`).join(", ")}`,
  ...leftOutSentences(s.leftOut).map((sentence) => `left out    ${sentence}`),
];

interface Files {
  readonly files: number;
  readonly formats: Readonly<Record<string, number>>;
  readonly bytes: number;
}

/** Files that are read, and their formats where these are more than plain text. */
export function fileFacts({ files, formats, bytes }: Files): string[] {
  const names = Object.entries(formats).map(([format, count]) => `${formatCount(count)} ${format}`);
  const isPlain = Object.keys(formats).every((format) => format === "text");
  return [
    `files       ${formatCount(files)}, ${formatBytes(bytes)}`,
    ...(isPlain ? [] : [`read as     ${names.join(", ")}`]),
  ];
}

/** Documents as a training cuts them, each by its start. */
export const documentFacts = (cut: string, documents: readonly DocumentPreview[]): string[] => [
  "",
  cut,
  ...documents.map(({ text }, i) => `  ${i + 1}  ${shownText(text)}`),
];

/** A number of duplicates, which may be an estimate. */
export const duplicates = (count: number, exact: boolean): string => `${exact ? "" : "about "}${formatCount(count)}`;

/** Characters of a text that stand in a line. */
const SHOWN = 100;

/** A text in a line: its beginning, without line breaks and controls. */
export function shownText(text: string): string {
  const characters = Array.from(text.slice(0, 4 * SHOWN).replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " "));
  return characters.length > SHOWN ? `${characters.slice(0, SHOWN).join("")} …` : characters.join("");
}

import type { Line, Unit } from "./score-units.js";

/** Parts of a text as tab-separated values, with a line of names; tabs, line ends and backslashes in texts are escaped. */
export function unitsTsv(units: readonly Unit[]): string {
  const most = units.reduce((count, { expected }) => Math.max(count, expected.length), 0);
  const pairs = Array.from({ length: most }, (_, i) => [`alternative_${i + 1}`, `probability_${i + 1}`]);
  return tsv([
    ["offset", "text", "name", "bits", ...pairs.flat()],
    ...units.map(({ offset, text, name, bits, expected }) => [offset, text, name, bits, ...expected.flat()]),
  ]);
}

export const linesTsv = (lines: readonly Line[]): string =>
  tsv([
    ["line", "characters", "bits", "bits_per_character", "text"],
    ...lines.map(({ number, characters, bits, text }) => [number, characters, bits, bits / characters, text]),
  ]);

const tsv = (rows: readonly (readonly (string | number | null)[])[]): string =>
  rows.map((row) => `${row.map(cell).join("\t")}\n`).join("");

const cell = (value: string | number | null): string =>
  String(value ?? "")
    .replaceAll("\\", "\\\\")
    .replaceAll("\t", "\\t")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r");

/** Has the browser save a text as a file. */
export function saveAs(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/tab-separated-values;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

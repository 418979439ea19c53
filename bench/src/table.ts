import { median, type Report, type Side } from "./report.js";

const HEAD = ["work", "side", "median", "unit", "spread", "ours / it", "peak MB", "above libraries MB", "evidence"];

/** The report as a Markdown table, columns aligned. */
export function table({ works, unit }: Report): string {
  const rows = works.flatMap(({ name, unit: own = unit, sides }) => {
    const [ours] = sides;
    return sides.map((side) => [name, ...cells(side, own, ours)]);
  });
  const lines = [HEAD, ...rows];
  const widths = HEAD.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  const format = (line: readonly string[]) => `| ${line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return [format(HEAD), format(widths.map((width) => "-".repeat(width))), ...rows.map(format)].join("\n");
}

function cells(side: Side, unit: string, ours: Side | undefined): string[] {
  const { rounds, peakBytes, libraryBytes } = side;
  const value = median(rounds);
  return [
    side.name,
    digits(value),
    unit,
    `${digits(Math.min(...rounds))} to ${digits(Math.max(...rounds))}`,
    ours === undefined || ours === side ? "" : (median(ours.rounds) / value).toFixed(2),
    peakBytes === undefined ? "" : megabytes(peakBytes),
    peakBytes === undefined || libraryBytes === undefined ? "" : megabytes(peakBytes - libraryBytes),
    side.evidence ?? "",
  ];
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
const digits = (value: number) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

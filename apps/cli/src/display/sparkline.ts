import { resample } from "./resample.js";

const LEVELS = "▁▂▃▄▅▆▇█";

/** A series as one row of at most `width` characters, lowest value lowest. */
export function sparkline(values: readonly number[], width: number): string {
  const finite = values.filter(Number.isFinite);
  const bins = resample(finite, Math.min(width, finite.length));
  const low = Math.min(...bins);
  const span = Math.max(...bins) - low || 1;
  return bins.map((value) => LEVELS[Math.round(((value - low) / span) * (LEVELS.length - 1))]).join("");
}

import type { RunManifest } from "@trainer/training";
import { formatDuration } from "../display/duration.js";
import { formatCount, formatNumber } from "../display/quantity.js";

/** Options of a run, by field. */
export type Config = Readonly<Record<string, unknown>>;

/** Names and places, which are different in any two runs, and what else is no reason for another result. */
const INCIDENTAL = new Set(["run_id", "corpus_paths", "user_id", "sample_every", "tensorboard"]);

/** The fields that are not the same in all, each with its values in order; a field within a field as `a.b`. */
export function differences(configs: readonly Config[]): Record<string, unknown[]> {
  const flat = configs.map((config) => new Map(fields("", config)));
  const names = new Set(flat.flatMap((each) => [...each.keys()]));
  const differing = [...names]
    .filter((name) => !INCIDENTAL.has(name))
    .map((name): [string, unknown[]] => [name, flat.map((each) => each.get(name) ?? null)])
    .filter(([, values]) => new Set(values.map((value) => JSON.stringify(value))).size > 1);
  return Object.fromEntries(differing);
}

function fields(prefix: string, config: object): [string, unknown][] {
  return Object.entries(config).flatMap(([key, value]: [string, unknown]): [string, unknown][] =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? fields(`${prefix}${key}.`, value)
      : [[prefix + key, value]],
  );
}

interface Metric {
  readonly name: string;
  readonly value: (manifest: RunManifest) => number | null;
  readonly show: (value: number) => string;
  /** The least of several is the best where they have this in common; null: no number of them is. */
  readonly best: "sameText" | "sameTokens" | "sameWork" | null;
}

/** Results of a run, by the names of its manifest. */
export const METRICS: readonly Metric[] = [
  { name: "steps", value: (m) => m.steps, show: formatCount, best: null },
  { name: "tokens_seen", value: (m) => m.tokens_seen, show: formatCount, best: null },
  { name: "parameters", value: (m) => m.parameters, show: formatCount, best: null },
  { name: "duration_seconds", value: (m) => m.duration_seconds, show: formatDuration, best: "sameWork" },
  { name: "best_val_loss", value: (m) => m.best_val_loss, show: formatNumber, best: "sameTokens" },
  { name: "test_loss", value: (m) => m.test_loss, show: formatNumber, best: "sameTokens" },
  { name: "test_perplexity", value: (m) => m.test_perplexity, show: formatNumber, best: "sameTokens" },
  { name: "test_bits_per_byte", value: (m) => m.test_bits_per_byte, show: formatNumber, best: "sameText" },
];

import { count, duration, figure, short } from "../../parts/figures.js";
import type { Compared } from "./compared.js";

/** A figure of runs, side by side. */
export interface Outcome {
  readonly title: string;
  readonly values: readonly (number | null)[];
  readonly show: (value: number | null) => string;
  /** The best of the values; null where none is better than another, or only one is known. */
  readonly best: number | null;
}

type Better = "less" | "more" | null;

const outcomes: readonly {
  readonly title: string;
  readonly of: (run: Compared) => number | null | undefined;
  readonly show: (value: number | null) => string;
  readonly better: Better;
}[] = [
  { title: "Best validation loss", of: bestLossOf, show: figure, better: "less" },
  { title: "at step", of: ({ manifest }) => manifest?.best_step, show: count, better: null },
  {
    title: "Test loss",
    of: ({ run, manifest }) => manifest?.test_loss ?? run?.training?.test_loss,
    show: figure,
    better: "less",
  },
  { title: "Test perplexity", of: ({ manifest }) => manifest?.test_perplexity, show: figure, better: "less" },
  { title: "Bits per byte", of: bitsOf, show: figure, better: "less" },
  { title: "Parameters", of: ({ manifest }) => manifest?.parameters, show: short, better: null },
  { title: "Steps", of: ({ run, manifest }) => manifest?.steps || run?.training?.step, show: count, better: null },
  { title: "Tokens seen", of: ({ manifest }) => manifest?.tokens_seen, show: short, better: null },
  { title: "Tokens per second", of: tokensPerSecondOf, show: short, better: "more" },
  { title: "Took", of: ({ manifest }) => manifest?.duration_seconds, show: duration, better: "less" },
];

/** Figures that at least one of the runs has. */
export const outcomesOf = (runs: readonly Compared[]): Outcome[] =>
  outcomes
    .map(({ title, of, show, better }) => {
      const values = runs.map((run) => of(run) ?? null);
      return { title, values, show, best: bestOf(values, better) };
    })
    .filter(({ values }) => values.some((value) => value !== null));

function bestOf(values: readonly (number | null)[], better: Better): number | null {
  const known = values.filter((value) => value !== null);
  if (better === null || new Set(known).size < 2) return null;
  return better === "less" ? Math.min(...known) : Math.max(...known);
}

export function bestLossOf({ run, manifest }: Compared): number | null {
  return manifest?.best_val_loss ?? run?.training?.best_val_loss ?? null;
}

export function bitsOf({ manifest }: Compared): number | null {
  return manifest?.evaluation?.bits_per_byte ?? manifest?.test_bits_per_byte ?? null;
}

/** The median of the logged steps: it is not moved by pauses. */
function tokensPerSecondOf({ metrics }: Compared): number | null {
  const rates = (metrics?.steps ?? []).flatMap(({ tokens_per_sec }) => tokens_per_sec ?? []).sort((a, b) => a - b);
  return rates[rates.length >> 1] ?? null;
}

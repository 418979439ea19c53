import { settingsOf, shown } from "../../parts/settings-of.js";
import type { Compared } from "./compared.js";
import { bestLossOf, bitsOf } from "./outcomes.js";

/** Mean of a figure over runs, and the sample's standard deviation. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number;
  readonly n: number;
}

/** Runs that were asked for the same but for their seed. */
export interface SeedGroup {
  readonly runs: readonly Compared[];
  readonly figures: readonly { readonly title: string; readonly spread: Spread }[];
}

const figures = [
  { title: "Best validation loss", of: bestLossOf },
  { title: "Test loss", of: ({ manifest }: Compared) => manifest?.test_loss ?? null },
  { title: "Bits per byte", of: bitsOf },
];

/** Settings in which runs of a group may differ: the seed, and what changes nothing of what is learnt. */
const APART: ReadonlySet<string> = new Set(["seed", "sample_every", "tensorboard"]);

/** Groups of at least two; in the order of their first runs. */
export function seedGroups(runs: readonly Compared[]): SeedGroup[] {
  const groups = new Map<string, Compared[]>();
  for (const run of runs) {
    if (run.manifest === null) continue;
    const key = withoutSeed(run.manifest);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].flatMap((group) => {
    if (group.length < 2) return [];
    const spreads = figures.flatMap(({ title, of }) => {
      const spread = spreadOf(group.flatMap((run) => of(run) ?? []));
      return spread === null ? [] : [{ title, spread }];
    });
    return spreads.length === 0 ? [] : [{ runs: group, figures: spreads }];
  });
}

function withoutSeed({ config, corpus_sha256, corpus_path }: NonNullable<Compared["manifest"]>): string {
  const settings = settingsOf(config).filter(({ name }) => !APART.has(name));
  return JSON.stringify([corpus_sha256 ?? corpus_path, settings.map(({ name, value }) => [name, shown(value)])]);
}

/** Null for less than two values. */
export function spreadOf(values: readonly number[]): Spread | null {
  const n = values.length;
  if (n < 2) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (n - 1)), n };
}

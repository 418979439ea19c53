import { at } from "@trainer/disk";
import { Random } from "../corpus/random.js";

/** An option that a sweep varies. */
export type Vary =
  | { readonly name: string; readonly values: readonly unknown[] }
  | { readonly name: string; readonly from: number; readonly to: number; readonly isWhole: boolean };

/** Options of a trial that are its own, by their names. */
export type TrialSettings = Readonly<Record<string, unknown>>;

/** A range so wide, from one end to the other, is divided by factors and not by differences. */
const WIDE = 4;

/** Trials for each range that is varied, where nobody says how many. */
const A_RANGE = 4;

/** Number of trials where nobody says it: every combination of what is listed, some of each range, no more than 27. */
export const usualTrials = (vary: readonly Vary[]): number =>
  Math.min(
    27,
    vary.reduce((count, each) => count * ("values" in each ? each.values.length : A_RANGE), 1),
  );

/**
 * Draws trials, no two alike. What is listed is combined in all ways before a combination comes again; of each range every
 * trial has a part of its own (a Latin hypercube, McKay et al. 1979), so that few trials cover all of it.
 */
export function drawTrials(vary: readonly Vary[], count: number, seed: number): TrialSettings[] {
  const random = new Random(seed);
  const lists = vary.flatMap((each) => ("values" in each ? [each] : []));
  const combinations = lists.reduce<TrialSettings[]>(
    (all, { name, values }) => all.flatMap((before) => values.map((value) => ({ ...before, [name]: value }))),
    [{}],
  );
  const order = shuffled(combinations, random);
  const places = Array.from({ length: count }, (_, i) => (i + 0.5) / count);
  const ranges = vary.flatMap((each) => ("values" in each ? [] : [{ each, places: shuffled(places, random) }]));
  const trials = Array.from({ length: count }, (_, i): TrialSettings => {
    const drawn = ranges.map((range): [string, number] => [range.each.name, valueAt(at(range.places, i), range.each)]);
    const all: TrialSettings = { ...order[i % order.length], ...Object.fromEntries(drawn) };
    return Object.fromEntries(vary.map(({ name }): [string, unknown] => [name, all[name]])); // in their order
  });
  return [...new Map(trials.map((trial) => [JSON.stringify(trial), trial])).values()];
}

function valueAt(place: number, { from, to, isWhole }: Extract<Vary, { from: number }>): number {
  const isWide = from > 0 && to / from >= WIDE;
  const value = isWide ? from * (to / from) ** place : from + (to - from) * place;
  return isWhole ? Math.round(value) : Number(value.toPrecision(3));
}

function shuffled<T>(values: readonly T[], random: Random): T[] {
  const keyed = values.map((value) => ({ value, key: random.next() }));
  return keyed.toSorted((a, b) => a.key - b.key).map(({ value }) => value);
}

import { z } from "zod";

const count = z.int().min(0);
const figure = z.number().nullish();
const figures = z.record(z.string(), figure).default({});
const place = { step: count, tokens: count, epoch: count.nullish(), figures };

const StepLine = z.object({ ...place, train_loss: figure, lr: figure, grad_norm: figure, tokens_per_sec: figure });
const losses = { loss: figure, bits_per_byte: figure };
const Sources = z.array(z.object({ source: z.string(), ...losses })).default([]);
const EvalLine = z.object({ ...place, split: z.enum(["validation", "test"]), ...losses, sources: Sources });

/** The figures of a line of `metrics.jsonl`, by the names that trackers show them under. */
export interface Point {
  readonly step: number;
  readonly tokens: number;
  /** Counted from 0; null where the line does not say. */
  readonly epoch: number | null;
  /** `run_step`, or the split that was evaluated. */
  readonly of: "step" | "validation" | "test";
  /** Those that are numbers. */
  readonly scalars: ReadonlyMap<string, number>;
}

/** A line of `metrics.jsonl`. */
export const PointLine: z.ZodType<Point> = z.union([
  EvalLine.transform(({ step, tokens, epoch = null, split, loss, bits_per_byte, figures, sources }) => ({
    step,
    tokens,
    epoch,
    of: split,
    scalars: numbers(split, { loss, bits_per_byte, ...figures, ...bySource(sources) }),
  })),
  StepLine.transform(({ step, tokens, epoch = null, train_loss: loss, lr, grad_norm, tokens_per_sec, figures }) => ({
    step,
    tokens,
    epoch,
    of: "step" as const,
    scalars: numbers("train", { loss, lr, grad_norm, tokens_per_sec, ...figures }),
  })),
]);

/** Figures of each of the texts that a run mixes, as `loss/wiki`. */
const bySource = (sources: z.output<typeof Sources>): Record<string, number | null | undefined> =>
  Object.fromEntries(
    sources.flatMap(({ source, loss, bits_per_byte }) => [
      [`loss/${keyOf(source)}`, loss],
      [`bits_per_byte/${keyOf(source)}`, bits_per_byte],
    ]),
  );

const LONGEST_KEY = 100;

/** A text's name as the last part of a figure's: MLflow refuses other characters, paths that are not plain, and 250 of them. */
export function keyOf(source: string): string {
  const key = Array.from(source.replaceAll(/[^\p{L}\p{N}_.\- ]/gu, "_"))
    .slice(-LONGEST_KEY)
    .join("");
  return /^\.*$/.test(key) ? `_${key}` : key;
}

function numbers(group: string, figures: Readonly<Record<string, number | null | undefined>>): Map<string, number> {
  const named = Object.entries(figures).flatMap(([name, value]): [string, number][] =>
    typeof value === "number" ? [[`${group}/${name}`, value]] : [],
  );
  return new Map(named);
}

/** A line of `samples.jsonl`. */
export const SampleLine = z.object({ step: count, prompt: z.string(), output: z.string() });
export type SampleLine = z.output<typeof SampleLine>;

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, unlessAbsent, writeJson, writeText } from "@trainer/disk";
import { z } from "zod";
import { SourceLine } from "../home/source-figures.js";
import type { Sample } from "./samples.js";

const number = z.number().nullable().default(null);
const LengthsFile = z.object({
  count: z.int(),
  min: z.int(),
  mean: z.number(),
  max: z.int(),
  histogram: z.array(z.object({ from: z.int(), to: z.int(), count: z.int() })).readonly(),
});

/** `metrics.json`, and a line of `history.jsonl`: an evaluation by the names that API clients read. */
export const Metrics = z.object({
  evaluated_at: z.string().nullable().default(null),
  loss: z.number(),
  /** null: it was too large for a number, or the loss is no cross entropy. */
  perplexity: number,
  bits_per_byte: number,
  bits_per_character: number,
  tokens: z.int(),
  bytes: z.int(),
  characters: z.int().nullable().default(null),
  documents: z.int(),
  split: z.string(),
  path: z.string().nullable(),
  stride: z.int().nullable().default(null),
  /** Requested number of tokens, about; null: as in training, all of another text. */
  eval_tokens: z.int().nullable().default(null),
  /** True if a part of the text was drawn. */
  sampled: z.boolean().default(false),
  /** Lost bytes of the whole text; null: not measured. */
  lost_bytes: z.int().nullable().default(null),
  unknown_tokens: z.int().nullable().default(null),
  /** Reason for missing figures per byte and character. */
  note: z.string().nullable().default(null),
  distinct_1: number,
  distinct_2: number,
  repetition_4: number,
  sample_lengths: LengthsFile.nullable().default(null),
  document_lengths: LengthsFile.nullable().default(null),
  /** Further figures of pairs of answers. */
  figures: z.record(z.string(), z.number()).optional(),
  /** Figures of each text of a run that mixes them. */
  sources: z.array(SourceLine).optional(),
});
export type Metrics = z.infer<typeof Metrics>;

const HISTORY = "history.jsonl";

/**
 * Writes an evaluation into its folder: metrics and samples replace the last ones, and the history gets a line. Without
 * new samples existing ones stay, with their part of the metrics.
 */
export async function writeEvaluation(dir: string, metrics: Metrics, samples: readonly Sample[]): Promise<void> {
  await makeFolder(dir);
  const before = samples.length === 0 ? parsed(await textOf(join(dir, "metrics.json"))) : null;
  const kept = before === null ? metrics : { ...metrics, ...ofSamples(before) };
  const history = await textOf(join(dir, HISTORY));
  if (samples.length > 0) {
    await writeText(join(dir, "samples.jsonl"), samples.map((sample) => `${JSON.stringify(sample)}\n`).join(""));
  }
  const lines = history === "" || history.endsWith("\n") ? history : `${history}\n`; // a torn line spoils no other
  await writeText(join(dir, HISTORY), `${lines}${JSON.stringify(metrics)}\n`);
  await writeJson(join(dir, "metrics.json"), kept);
}

const ofSamples = ({ distinct_1, distinct_2, repetition_4, sample_lengths }: Metrics) => ({
  distinct_1,
  distinct_2,
  repetition_4,
  sample_lengths,
});

/** The newest evaluation in a folder of the same text, measured in the same way; null if there is none. */
export async function lastEvaluation(
  dir: string,
  text: Pick<Metrics, "split" | "path" | "stride" | "eval_tokens">,
): Promise<Metrics | null> {
  const lines = (await textOf(join(dir, HISTORY))).split("\n").reverse();
  const metrics = lines.flatMap((line) => parsed(line) ?? []);
  const same = (each: Metrics) =>
    each.split === text.split &&
    each.path === text.path &&
    each.stride === text.stride &&
    each.eval_tokens === text.eval_tokens;
  return metrics.find(same) ?? null;
}

/** A line that is torn or of another kind is no evaluation. */
function parsed(line: string): Metrics | null {
  try {
    return Metrics.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}

const textOf = async (path: string): Promise<string> => (await unlessAbsent(readFile(path, "utf8"))) ?? "";

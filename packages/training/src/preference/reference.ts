import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { writeJson } from "@trainer/disk";
import type { CausalLm } from "@trainer/models";
import { noGrad, scope } from "@trainer/torch";
import { z } from "zod";
import { BatchLoader, type LoaderOptions } from "../bins/batch-loader.js";
import type { TokenBin } from "../bins/token-bin.js";
import { SPLITS, type Split } from "../corpus/held-out.js";
import { inPrecision, type Compute } from "../step/precision.js";
import { logProbabilities } from "./log-probabilities.js";

/** Log-probabilities of each sequence of a split's pairs, by the model that a run began with. */
export type Reference = Readonly<Record<Split, Float32Array | null>>;

const Numbers = z.array(z.number());
const File = z.strictObject({
  bins: z.string(),
  train: Numbers,
  validation: Numbers.nullable(),
  test: Numbers.nullable(),
});

const fileIn = (folder: string) => join(folder, "reference.json");

type PairBins = Readonly<Record<"validation" | "test", TokenBin | null>> & {
  readonly train: TokenBin;
  readonly key: string;
};

/** The reference that a run's folder has for these bins; null for none, or a damaged one. */
export async function readReference(folder: string, bins: PairBins): Promise<Reference | null> {
  try {
    const found = File.parse(JSON.parse(await readFile(fileIn(folder), "utf8")));
    const isWhole = SPLITS.every((split) => found[split]?.length === sequencesOf(bins[split]));
    if (found.bins !== bins.key || !isWhole) return null;
    const numbers = (split: Split) => found[split] && Float32Array.from(found[split]);
    return { train: numbers("train"), validation: numbers("validation"), test: numbers("test") };
  } catch {
    return null;
  }
}

const sequencesOf = (bin: TokenBin | null): number | undefined => (bin === null ? undefined : 2 * bin.documents);

export interface ReferenceOptions extends Pick<LoaderOptions, "seqLen" | "batchSize" | "padId"> {
  readonly compute: Compute;
  readonly signal?: AbortSignal | undefined;
}

/** Computes the reference of a model, and keeps it in the run's folder. */
export async function makeReference(
  folder: string,
  bins: PairBins,
  model: CausalLm,
  options: ReferenceOptions,
): Promise<Reference> {
  const of = async (bin: TokenBin | null) => bin && (await sequenceLogProbabilities(model, bin, options));
  const reference = { train: await of(bins.train), validation: await of(bins.validation), test: await of(bins.test) };
  const numbers = (split: Split) => reference[split] && [...reference[split]];
  const kept = { bins: bins.key, train: numbers("train"), validation: numbers("validation"), test: numbers("test") };
  await writeJson(fileIn(folder), kept);
  return reference;
}

/** The log-probability of each sequence of a bin of pairs, in its order. */
export async function sequenceLogProbabilities(
  model: CausalLm,
  bin: TokenBin,
  { compute, signal, ...reading }: ReferenceOptions,
): Promise<Float32Array> {
  using loader = new BatchLoader(bin, { ...reading, shuffle: false, seed: 0, pairs: true, device: compute.device });
  const found = new Float32Array(2 * loader.chunks);
  for (let pair = 0; pair < loader.chunks; pair += reading.batchSize) {
    signal?.throwIfAborted();
    const sums = scope(() => {
      const { inputs, targets } = loader.next();
      const sum = () => logProbabilities(model, model.hidden(inputs, { training: false }), targets);
      return Array.from(noGrad(() => inPrecision(compute, sum)).data(), Number);
    });
    const pairs = sums.length / 2;
    for (const [row, sum] of sums.entries()) found[2 * (pair + (row % pairs)) + Math.floor(row / pairs)] = sum;
    await setImmediate(); // lets signals and other work in
  }
  return found;
}

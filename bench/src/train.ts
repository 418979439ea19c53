import { join } from "node:path";
import { ours, peer } from "./child.js";
import { median, type Benchmark, type BenchmarkOptions, type Side, type Work } from "./report.js";
import { temporaryFolder, writeTokens } from "./token-file.js";
import { TrainResult, type TrainSettings } from "./train-settings.js";

const SIZES = {
  "GPT-2 4 x 256, V 4096, batch 4 x 256": {
    vocabSize: 4096,
    seqLen: 256,
    batchSize: 4,
    nEmbd: 256,
    nLayer: 4,
    nHead: 4,
    warmUp: 4,
    steps: 20,
  },
  "GPT-2 small 124M, batch 1 x 256": {
    vocabSize: 50257,
    seqLen: 256,
    batchSize: 1,
    nEmbd: 768,
    nLayer: 12,
    nHead: 12,
    warmUp: 2,
    steps: 6,
  },
} as const;

/** Both sides' mean loss over the last steps may differ by this share: the initial weights and the masks differ. */
const TOLERANCE = 0.05;

/**
 * One training step, from a batch of ids to updated weights and a loss in hand: dropout 0.1, AdamW, clipping to a norm
 * of 1, on both sides.
 */
export const train: Benchmark = async (options) => {
  using folder = temporaryFolder();
  const works: Work[] = [];
  for (const [name, size] of Object.entries(SIZES)) {
    const data = join(folder.path, `${size.vocabSize}.u16`);
    writeTokens(data, 200_000, size.vocabSize);
    const settings = { ...size, threads: options.threads, seed: 1, lr: 3e-4, data, fused: true, compile: false };
    works.push({ name, sides: await sides(name, settings, options) });
  }
  return { benchmark: "train", unit: "ms/step", better: "lower", works };
};

async function sides(
  name: string,
  settings: TrainSettings,
  { rounds, python, log }: BenchmarkOptions,
): Promise<Side[]> {
  const runs = [
    { name: "ours", run: () => ours("./train-ours.js", settings, TrainResult) },
    { name: "ours, fused kernels off", run: () => ours("./train-ours.js", { ...settings, fused: false }, TrainResult) },
    { name: "transformers eager", run: () => peer(python, "train.py", settings, TrainResult) },
    {
      name: "transformers torch.compile",
      run: () => peer(python, "train.py", { ...settings, compile: true }, TrainResult),
      once: true, // it compiles for a minute or more before the first step
    },
  ];
  const results = runs.map(({ name }) => ({ name, found: new Array<TrainResult>() }));
  for (let round = 0; round < rounds; round += 1) {
    for (const [i, { name: side, run, once = false }] of runs.entries()) {
      if (once && round > 0) continue;
      const found = await run();
      results[i]?.found.push(found);
      log(`${name}, round ${round + 1} of ${rounds}, ${side}: ${stepTime(found, settings).toFixed(0)} ms/step`);
    }
  }
  const summed = results.map(({ name, found }) => ({ name, found, loss: median(found.map(lastLoss)) }));
  const [first] = summed;
  for (const { name: side, loss } of summed) {
    if (first !== undefined && !(Math.abs(loss - first.loss) < TOLERANCE * first.loss))
      throw new Error(`${name}: ${side} came to a loss of ${loss}, ours to ${first.loss}: not the same work`);
  }
  return summed.map(({ name, found, loss }) => ({
    name,
    rounds: found.map((result) => stepTime(result, settings)),
    peakBytes: median(found.map(({ peakBytes }) => peakBytes)),
    libraryBytes: median(found.map(({ libraryBytes }) => libraryBytes)),
    evidence: `loss ${loss.toFixed(3)}`,
  }));
}

const stepTime = ({ milliseconds }: TrainResult, { warmUp }: TrainSettings) => median(milliseconds.slice(warmUp));

function lastLoss({ losses }: TrainResult): number {
  const last = losses.slice(-4);
  return last.reduce((sum, loss) => sum + loss, 0) / last.length;
}

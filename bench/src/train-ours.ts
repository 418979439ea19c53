import { readFileSync } from "node:fs";
import { readModelConfig } from "@trainer/models";
import { AdamW, measureProducts, profile, setNumThreads, tensor, useFusedKernels } from "@trainer/torch";
import { trainStep, type Batch } from "@trainer/training";
import { peakBytes, residentBytes } from "./memory.js";
import { TrainSettings, type TrainResult } from "./train-settings.js";

// Our side of the training benchmark, in a process of its own: the step that `trainer train` runs.
const s = TrainSettings.parse(JSON.parse(process.argv[2] ?? ""));
setNumThreads(s.threads);
useFusedKernels(s.fused);
const libraryBytes = residentBytes();
const plan = await readModelConfig(s.folder);
measureProducts([]); // as a training does
const model = plan.build({ seed: s.seed });
const optimizer = new AdamW(model.params.named(), { lr: s.lr });
const stepper = {
  model,
  params: model.params.list(),
  optimizer,
  compute: { device: "cpu", precision: s.precision },
  gradientClipping: 1,
  scaler: null,
} as const;

const bytes = readFileSync(s.data);
const tokens = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
const size = s.batchSize * s.seqLen;

/** The i-th batch as transformers makes one of labels: every position predicts the next of its row. */
function batch(i: number): Batch {
  const at = (i * size) % (tokens.length - size);
  const ids = BigInt64Array.from(tokens.subarray(at, at + size), BigInt);
  const targets = ids.map((_, j) => ((j + 1) % s.seqLen === 0 ? -100n : (ids[j + 1] ?? -100n)));
  const shape = [s.batchSize, s.seqLen];
  return { inputs: tensor(ids, shape), targets: tensor(targets, shape), tokens: size - s.batchSize };
}

const milliseconds: number[] = [];
const losses: number[] = [];
for (let i = 0; i < s.warmUp + s.steps; i += 1) {
  const start = performance.now();
  losses.push(trainStep(stepper, () => batch(i)).loss);
  milliseconds.push(performance.now() - start);
}
const memory = { peakBytes: peakBytes(), libraryBytes };
const began = performance.now();
const { operators } = profile(() => Array.from({ length: 3 }, (_, i) => trainStep(stepper, () => batch(i))));
const profiled = performance.now() - began;
const products = operators.reduce((sum, { shape, ms }) => sum + (shape === "" ? 0 : ms), 0);
const result: TrainResult = { milliseconds, losses, productShare: products / profiled, ...memory };
process.stdout.write(`${JSON.stringify(result)}\n`);

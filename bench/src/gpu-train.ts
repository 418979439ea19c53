import { planModel, type CausalLm } from "@trainer/models";
import { AdamW, devices, eagerQueue, memoryStats, resetPeakMemory, setNumThreads, tensor } from "@trainer/torch";
import { queueStep, StepRecorder, stepRecorder, type Batch, type Stepper } from "@trainer/training";
import { zipf } from "./token-file.js";

// Milliseconds of a step as `trainer train` takes it on a GPU: batches in, weights updated, the loss read a step later. Needs
// nothing but this repository's build: `node bench/dist/gpu-train.js [CASE…]`; with `tiny` it runs small and on a CPU too.
const tiny = process.argv.includes("tiny");
const device = devices().cuda.count > 0 ? "cuda" : "cpu";
const still = { embdPdrop: 0, attnPdrop: 0, residPdrop: 0 };
const decoder = { numHiddenLayers: 12, hiddenSize: 768, intermediateSize: 2048, numAttentionHeads: 12 };
const small = { nLayer: 12, nEmbd: 768, nHead: 12, ...still };

interface Case {
  readonly family: string;
  readonly dimensions: Readonly<Record<string, unknown>>;
  readonly vocabSize: number;
  readonly batchSize: number;
  readonly seqLen: number;
  readonly precision?: "bf16" | "fp32" | "tf32";
}

const cases: Readonly<Record<string, Case>> = {
  "GPT-2 124 M, V 50257": { family: "gpt2", dimensions: small, vocabSize: 50257, batchSize: 16, seqLen: 1024 },
  "GPT-2 124 M, V 50304": { family: "gpt2", dimensions: small, vocabSize: 50304, batchSize: 16, seqLen: 1024 },
  "GPT-2 4 x 256, V 4096": {
    family: "gpt2",
    dimensions: { nLayer: 4, nEmbd: 256, nHead: 4, ...still },
    vocabSize: 4096,
    batchSize: 64,
    seqLen: 256,
  },
  "LLaMA 12 x 768, V 32000": {
    family: "llama",
    dimensions: { ...decoder, numKeyValueHeads: 12 },
    vocabSize: 32000,
    batchSize: 16,
    seqLen: 1024,
  },
  "Qwen3 12 x 768, V 32000": {
    family: "qwen",
    dimensions: { ...decoder, numKeyValueHeads: 4, headDim: 64 },
    vocabSize: 32000,
    batchSize: 16,
    seqLen: 1024,
  },
  "Char-LSTM small, V 96": {
    family: "char_lstm",
    dimensions: { embedDim: 256, hiddenDim: 512, numLayers: 2, dropout: 0 },
    vocabSize: 96,
    batchSize: 64,
    seqLen: 256,
  },
  "GPT-2 124 M, V 50257, tf32": {
    family: "gpt2",
    dimensions: small,
    vocabSize: 50257,
    batchSize: 8,
    seqLen: 1024,
    precision: "tf32",
  },
};

/** The i-th batch; every position predicts the next of its row. */
function batchOf({ batchSize, seqLen }: Case, ids: Uint16Array, i: number): Batch {
  const size = batchSize * seqLen;
  const at = (i * size) % (ids.length - size - 1);
  const part = (from: number) =>
    tensor(BigInt64Array.from(ids.subarray(from, from + size), BigInt), [batchSize, seqLen], { device });
  return { inputs: part(at), targets: part(at + 1), tokens: size };
}

/** Floating-point operations of a token of training: 6 a weight that is multiplied with, and attention in full (Chowdhery et al. 2022). */
function flopsPerToken(model: CausalLm, seqLen: number): number {
  const positions = model.params.named().get("transformer.wpe.weight")?.numel ?? 0;
  return 6 * (model.params.count() - positions) + 12 * model.outline.layers * model.outline.width * seqLen;
}

function measure(name: string, given: Case, recorded: boolean): void {
  const c = tiny ? { ...given, batchSize: 2, seqLen: 32, vocabSize: 300 } : given;
  const dimensions = tiny ? {} : c.dimensions;
  const model = planModel(c.family, {
    size: "tiny",
    dimensions,
    vocabSize: c.vocabSize,
    contextLength: c.seqLen,
  }).build({ seed: 1, device });
  const precision = device === "cpu" ? "fp32" : (c.precision ?? "bf16");
  const stepper: Stepper = {
    model,
    params: model.params.list(),
    optimizer: new AdamW(model.params.named(), { lr: 3e-4 }),
    compute: { device, precision },
    gradientClipping: 1,
    scaler: null,
  };
  const run = { profiled: !recorded, optimizer: "adamw" };
  const reporter = { warn: (message: string) => void process.stderr.write(`${message}\n`) };
  const recorder = stepRecorder(stepper, run, reporter);
  using own = device === "cpu" && recorded ? new StepRecorder(eagerQueue, reporter) : recorder;
  const queue = own?.queueStep ?? queueStep;
  const ids = zipf(c.batchSize * c.seqLen * 20 + 1, c.vocabSize);
  const began = performance.now();
  resetPeakMemory();
  let [i, loss] = [0, NaN];
  let pending = queue(stepper, () => batchOf(c, ids, i++));
  ({ loss } = pending.result());
  const first = performance.now() - began;
  pending = queue(stepper, () => batchOf(c, ids, i++));
  const some = (count: number) => {
    const start = performance.now();
    for (let n = 0; n < count; n += 1) {
      const next = queue(stepper, () => batchOf(c, ids, i++));
      ({ loss } = pending.result());
      pending = next;
    }
    return (performance.now() - start) / count;
  };
  some(8);
  const rounds = Array.from({ length: 5 }, () => some(tiny ? 2 : 10)).toSorted((a, b) => a - b);
  const ms = rounds[2] ?? NaN;
  pending.wait();
  const rate = (c.batchSize * c.seqLen * 1000) / ms;
  const peak = (memoryStats().cuda?.peakAllocatedBytes ?? 0) / 1e9;
  const mfu = (rate * flopsPerToken(model, c.seqLen)) / 989e12;
  const how = own === null ? "step by step" : "recorded";
  const fields = [
    name,
    how,
    ms.toFixed(2),
    (rate / 1e3).toFixed(0),
    mfu.toFixed(3),
    peak.toFixed(2),
    first.toFixed(0),
    loss.toFixed(3),
  ];
  process.stdout.write(`${fields.join(" | ")}\n`);
  for (const t of [...model.params.list(), ...stepper.optimizer.state().values()]) t.dispose();
}

setNumThreads(2);
const wanted = process.argv.slice(2).filter((argument) => argument !== "tiny");
process.stdout.write(`device ${device} ${devices().cuda.names.join(", ")}\n`);
process.stdout.write(
  "case | steps | ms a step | thousand tokens/s | MFU of 989 TFLOP/s | peak GB | ms of the first step | loss\n",
);
for (const [name, c] of Object.entries(cases)) {
  if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
  for (const recorded of [true, false]) measure(name, c, recorded);
}

import {
  autocast,
  AdamW,
  gpuKernels,
  manualSeed,
  scope,
  tensor,
  useFusedKernels,
  zeros,
  type Tensor,
} from "@trainer/torch";
import { describe, expect, test } from "vitest";
import { loss, type CausalLm, type LossBatch } from "./model.js";
import { planModel } from "./registry.js";

// On a GPU, or with TRAINER_GPU=emulated on a CPU, which the kernels then run on thread by thread.
const { used, reason, device } = gpuKernels();
if (!used) console.log(`not run here: the tests of models by kernels for GPUs (${reason})`);

const VOCAB = 50;
const LENGTH = 12;

function batch(): LossBatch {
  const ids = BigInt64Array.from({ length: 2 * LENGTH }, (_, i) => BigInt((i * i * 31 + i * 7 + 3) % VOCAB));
  const targets = ids.map((_, i) => ((i + 1) % LENGTH === 0 ? -100n : (ids[i + 1] ?? 0n)));
  const on = (data: BigInt64Array) => tensor(data, [2, LENGTH], { device });
  return { inputs: on(ids), targets: on(targets) };
}

const families = {
  gpt2: { nLayer: 2, nEmbd: 32, nHead: 2, embdPdrop: 0, attnPdrop: 0, residPdrop: 0 },
  llama: { numHiddenLayers: 2, hiddenSize: 32, intermediateSize: 48, numAttentionHeads: 4, numKeyValueHeads: 2 },
  qwen: {
    numHiddenLayers: 2,
    hiddenSize: 32,
    intermediateSize: 48,
    numAttentionHeads: 4,
    numKeyValueHeads: 2,
    headDim: 16,
  },
};

const numbers = (t: Tensor): Float64Array =>
  Float64Array.from(t.detach().to({ dtype: "float32", device: "cpu" }).contiguous().data(), Number);

/** The gradient of each parameter; those of three steps of AdamW, added up in the losses. */
function trained(model: CausalLm, type: "float32" | "bfloat16") {
  const forward = () => {
    const run = () => loss(model, batch(), { training: true });
    return type === "float32" ? run() : autocast({ device, dtype: type }, run);
  };
  const optimizer = new AdamW(model.params.named(), { lr: 1e-2, weightDecay: 0.1 });
  const losses: number[] = [];
  let gradients = new Map<string, Float64Array>();
  for (let step = 0; step < 3; step += 1) {
    scope(() => {
      const l = forward();
      l.backward();
      losses.push(l.item());
      if (step === 0)
        gradients = new Map([...model.params.named()].map(([name, p]) => [name, numbers(p.grad ?? zeros([0]))]));
      const [gradScale, foundInf] = [tensor(1, [], { device }), tensor(0, [], { device })];
      optimizer.step({ gradScale, foundInf });
      optimizer.zeroGrad();
    });
  }
  return { losses, gradients };
}

describe.skipIf(!used)("by kernels for GPUs", () => {
  test.each(
    Object.entries(families).flatMap(([name, dimensions]) => [
      [name, dimensions, "float32"] as const,
      [name, dimensions, "bfloat16"] as const,
    ]),
  )("%s trains as by plain operators: %o, %s", (name, dimensions, type) => {
    const make = () =>
      planModel(name, { size: "tiny", dimensions, vocabSize: VOCAB, contextLength: 16 }).build({ device, seed: 3 });
    manualSeed(1);
    const found = trained(make(), type);
    useFusedKernels(false);
    const wanted = trained(make(), "float32");
    useFusedKernels(true);
    const allowed = type === "float32" ? 1e-4 : 4e-2;
    expect(found.losses.every((l, i) => Math.abs(l - (wanted.losses[i] ?? NaN)) < allowed)).toBe(true);
    const off = [...wanted.gradients].map(([key, want]) => {
      const have = found.gradients.get(key) ?? new Float64Array();
      const squares = want.reduce((sum, v, i) => sum + (v - (have[i] ?? NaN)) ** 2, 0);
      return { key, off: Math.sqrt(squares / (want.reduce((sum, v) => sum + v * v, 0) + 1e-12)) };
    });
    expect(off.filter((each) => !(each.off < allowed))).toEqual([]);
  });
});

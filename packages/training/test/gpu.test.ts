import { rmSync } from "node:fs";
import { join } from "node:path";
import { build, gpt2, gpt2Config } from "@trainer/models";
import { matching, near, scratchPath, tiny, writeCorpus } from "@trainer/testing";
import {
  findBatch,
  queueStep,
  readManifest,
  resume,
  train,
  trainStep,
  type RunEvent,
  type StepProfile,
  type TrainInput,
} from "@trainer/training";
import {
  AdamW,
  arange,
  devices,
  empty,
  emptyCache,
  getRngState,
  keep,
  randn,
  scope,
  sendTo,
  setRngState,
  Tape,
  type Tensor,
} from "@trainer/torch";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { outcome } from "./run-files.js";

// Tests for a GPU alone. Elsewhere they are skipped, with the reason.
const { cuda } = devices();
if (cuda.count === 0) console.log(`not run here: the tests of training on a GPU (${cuda.reason})`);

describe.skipIf(cuda.count === 0)("on a GPU", () => {
  let home = "";
  let corpus = "";
  beforeAll(() => {
    home = scratchPath("gpu");
    corpus = writeCorpus(join(home, "corpus.txt"));
  });
  afterAll(() => rmSync(home, { recursive: true }));

  async function run(options: Partial<TrainInput>) {
    const losses: number[] = [];
    const onEvent = (e: RunEvent) => e.type === "step" && losses.push(e.loss);
    const result = await train({ ...tiny, corpus, device: "cuda", maxSteps: 20, ...options }, { home, onEvent });
    return { result, losses };
  }

  test.each(["fp32", "bf16", "fp16", "auto"] as const)("a run in %s learns", async (precision) => {
    const { losses, result } = await run({ runId: precision, precision });
    expect(result.status).toBe("completed");
    expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) * 0.9);
    const manifest = await readManifest(join(home, "models", precision, "manifest.json"));
    expect(manifest).toMatchObject({ device: "cuda", precision: precision === "auto" ? "fp16" : precision });
  });

  test("without dropout it computes what a CPU computes", async () => {
    const still = {
      modelConfig: { ...tiny.modelConfig, embdPdrop: 0, attnPdrop: 0, residPdrop: 0 },
      precision: "fp32",
    } as const;
    const pretrained = await run({ runId: "start", maxSteps: 1 }); // weights that both begin with
    const from = { ...still, pretrainedRunId: pretrained.result.runId, maxSteps: 5, finetuneLrCap: 1 };
    const [gpu, cpu] = [await run({ ...from, runId: "gpu" }), await run({ ...from, runId: "cpu", device: "cpu" })];
    expect(gpu.losses).toEqual(cpu.losses.map((loss) => near(loss, 2)));
  });

  test("eight steps in fp16 end within a hundredth of bf16's loss", async () => {
    const losses = async (precision: "fp16" | "bf16") =>
      (await run({ runId: `eight-${precision}`, precision, maxSteps: 8 })).losses;
    const [half, brain] = [await losses("fp16"), await losses("bf16")];
    expect(Math.abs((half.at(-1) ?? 0) / (brain.at(-1) ?? 1) - 1)).toBeLessThan(0.01);
  });

  test.each(["fp32", "bf16", "fp16"] as const)(
    "stopped twice and resumed in %s a run ends as if it had not been, with steps and batches under way",
    async (precision) => {
      const options = {
        ...tiny,
        corpus,
        device: "cuda",
        precision,
        maxSteps: 20,
        evalEvery: 8,
        gradAccumSteps: 2,
      } as const;
      const whole = `bits-${precision}`;
      const id = `${whole}-cut`;
      await train({ ...options, runId: whole }, { home });
      const upTo = (last: number) => {
        const stop = new AbortController();
        return { home, signal: stop.signal, onStep: ({ step }: { step: number }) => step === last && stop.abort() };
      };
      expect((await train({ ...options, runId: id }, upTo(3))).steps).toBe(4); // one was under way
      expect((await resume(id, upTo(9))).status).toBe("interrupted");
      await resume(id, { home });
      expect(outcome(join(home, "models", id))).toEqual(outcome(join(home, "models", whole)));
    },
  );

  test("a step is queued without waiting for what the GPU is doing, and its numbers come when they are read", () => {
    const config = gpt2Config({ vocabSize: 20, nPositions: 8, nEmbd: 16, nLayer: 1, nHead: 2 });
    const model = build(gpt2, config, { seed: 1, device: "cuda" });
    const optimizer = new AdamW(model.params.named(), { lr: 1e-2 });
    const compute = { device: "cuda", precision: "fp32" } as const;
    const stepper = { model, params: model.params.list(), optimizer, compute, gradientClipping: 1, scaler: null };
    const ids = keep(sendTo(arange(8).view([1, 8]), "cuda"));
    const next = () => ({ inputs: ids, targets: ids, tokens: 8 });
    trainStep(stepper, next); // allocates, loads kernels
    const a = keep(randn([8192, 8192], { device: "cuda" }));
    const busy = () => scope(() => Array.from({ length: 20 }, () => a.mm(a)).length);
    busy();
    a.sum().item(); // waits
    const began = performance.now();
    busy();
    const step = queueStep(stepper, next);
    const queuedMs = performance.now() - began;
    expect(step.result().loss).toBeLessThan(4);
    const doneMs = performance.now() - began;
    expect(queuedMs).toBeLessThan(doneMs / 2);
  });

  test("a stopped run goes on with its generators and loss scale", async () => {
    const options = { ...tiny, corpus, device: "cuda", precision: "fp16", maxSteps: 12, runId: "cut" } as const;
    const stop = new AbortController();
    const onEvent = (e: RunEvent) => e.type === "step" && e.step === 5 && stop.abort();
    expect((await train(options, { home, onEvent, signal: stop.signal })).status).toBe("interrupted");
    expect((await resume("cut", { home })).status).toBe("completed");
  });

  test("a profile knows the GPU's times, gradients included, and the card's own limits", async () => {
    const profiles: StepProfile[] = [];
    const onEvent = (e: RunEvent) => e.type === "profile" && profiles.push(e.profile);
    const options = { ...tiny, corpus, device: "cuda", precision: "bf16", maxSteps: 8, evaluate: false } as const;
    await train({ ...options, runId: "profiled" }, { home, onEvent, profileSteps: 2 });
    expect(profiles).toHaveLength(1);
    const { operators, device, unseen, limits, stepMs } = profiles[0] ?? {};
    expect(unseen).toBeNull();
    const products = operators?.filter(({ shape, flops, deviceMs }) => shape !== "" && flops > 0 && deviceMs > 0);
    expect(products?.length).toBeGreaterThan(2);
    expect(operators?.some(({ name, calls }) => /Backward|CppNode/.test(name) && calls > 0)).toBe(true);
    const busy = (device?.busyMs ?? 0) / (stepMs ?? 0);
    expect(busy).toBeGreaterThan(0);
    expect(busy).toBeLessThanOrEqual(1);
    expect(device?.launches).toBeGreaterThan(0);
    expect(device?.kernels.length).toBeGreaterThan(0);
    expect(limits?.flopsPerSecond).toBeGreaterThan(1e13);
  });

  test("a tape draws the same dropout masks again", () => {
    const gradient = (tape: Tape | null, state: Uint8Array) => {
      setRngState(state, "cuda");
      const w = randn([8, 8], { device: "cuda" });
      w.requiresGrad = true;
      const layer = (t: Tensor) => t.matmul(w).add(randn([8, 8], { device: "cuda" }));
      const y = tape === null ? layer(w) : tape.run(layer, w, (x, f) => f(x));
      if (tape === null) y.pow(2).sum().backward();
      else tape.backward(y.pow(2).sum(), [w]);
      return w.grad?.toArray();
    };
    const state = getRngState("cuda");
    expect(gradient(new Tape("cuda"), state)).toEqual(gradient(null, state));
  });

  test("a batch size is found by trying", async () => {
    const found = await findBatch({ ...tiny, device: "cuda" }, { home, maxBatchSize: 16 });
    expect(found).toMatchObject({ batchSize: 16, device: "cuda" });
  });

  // At the end: what failed to be made is collected when JavaScript likes.
  const failure = { code: "CUDA_OOM", failureClass: "USER_INPUT" };

  test("where memory does not suffice for a step the run fails with the batch size to try", async () => {
    emptyCache("cuda");
    const left = 4.5 * 2 ** 30; // enough for weights and optimizer, not for the activations
    using _ = keep(empty([(cuda.bytes[0] ?? 0) - left], { dtype: "uint8", device: "cuda" }));
    const large = { maxSeqLen: 1024, batchSize: 5, modelConfig: { nEmbd: 1024, nLayer: 12, nHead: 4 } };
    await expect(run({ ...large, runId: "wide", precision: "fp32" })).rejects.toMatchObject({
      ...failure,
      message: matching(/^step 1: batches of 5 do not fit: try a batch size of 2/),
    });
  });

  test("where it does not suffice for the weights it fails with what needs less", async () => {
    const model = { maxSeqLen: 64, modelConfig: { nEmbd: 16384, nLayer: 64, nHead: 4 } };
    await expect(run({ ...model, runId: "deep", precision: "fp32" })).rejects.toMatchObject({
      ...failure,
      message: matching(/^the weights and the optimizer's state do not fit into memory/),
    });
  });
});

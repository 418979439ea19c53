import { rmSync } from "node:fs";
import { join } from "node:path";
import {
  findBatch,
  readManifest,
  resume,
  train,
  type RunEvent,
  type StepProfile,
  type TrainInput,
} from "@trainer/training";
import { devices, setRngState, getRngState, randn, Tape, type Tensor } from "@trainer/torch";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { tiny, writeCorpus } from "./corpus.js";
import { matching, near } from "../../../test/matching.js";
import { scratch } from "../../../test/scratch.js";

vi.setConfig({ testTimeout: 120_000 });

// What only a GPU can show. Elsewhere these are skipped, and the reason is told.
const { cuda } = devices();
if (cuda.count === 0) console.log(`not run here: the tests of training on a GPU (${cuda.reason})`);

describe.skipIf(cuda.count === 0)("on a GPU", () => {
  let home = "";
  let corpus = "";
  beforeAll(() => {
    home = scratch("gpu");
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

  test("where memory does not suffice the run fails with the batch size to try", async () => {
    const huge = { maxSeqLen: 1024, batchSize: 2 ** 16, modelConfig: { nEmbd: 4096, nLayer: 64, nHead: 4 } };
    await expect(run({ ...huge, runId: "huge", precision: "fp32" })).rejects.toMatchObject({
      code: matching(/CUDA_OOM|TRAINING_OOM/),
      failureClass: "USER_INPUT",
    });
  });

  test("a batch size is found by trying", async () => {
    const found = await findBatch({ ...tiny, device: "cuda" }, { home, maxBatchSize: 16 });
    expect(found).toMatchObject({ batchSize: 16, device: "cuda" });
  });
});

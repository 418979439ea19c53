import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { scratchPath, tiny, writeCorpus } from "@trainer/testing";
import {
  findBatch,
  readManifest,
  resume,
  suitablePrecision,
  train,
  type RunEvent,
  type TrainInput,
} from "@trainer/training";
import { allowTf32, devices, setDeterministic } from "@trainer/torch";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// What can be set and seen of a GPU, and only a GPU can show. Elsewhere these are skipped, and the reason is reported.
const { cuda } = devices();
if (cuda.count === 0) console.log(`not run here: the tests of precision, memory and determinism (${cuda.reason})`);

const lstm = { modelFamily: "char_lstm", modelConfig: { embedDim: 16, hiddenDim: 32, numLayers: 2 } } as const;

describe.skipIf(cuda.count === 0)("a run on a GPU", () => {
  let home = "";
  let corpus = "";
  beforeAll(() => {
    home = scratchPath("gpu-settings");
    corpus = writeCorpus(join(home, "corpus.txt"), 600);
  });
  afterAll(() => rmSync(home, { recursive: true }));

  async function run(options: Partial<TrainInput> & { runId: string }, stopAt = Infinity) {
    const losses: number[] = [];
    const stop = new AbortController();
    const onEvent = (e: RunEvent) => {
      if (e.type !== "step") return;
      losses.push(e.loss);
      if (e.step === stopAt) stop.abort();
    };
    const input = { ...tiny, corpus, device: "cuda", maxSteps: 20, evaluate: false, ...options } as const;
    const result = await train(input, { home, onEvent, signal: stop.signal });
    const dir = join(home, "models", options.runId);
    const manifest = await readManifest(join(dir, "manifest.json"));
    return { result, losses, manifest, metrics: readFileSync(join(dir, "metrics.jsonl"), "utf8") };
  }

  test("has a compute capability, and bf16 where nobody chose", () => {
    expect(cuda.capabilities[0]?.[0]).toBeGreaterThanOrEqual(7);
    expect(suitablePrecision("auto")).toBe((cuda.capabilities[0]?.[0] ?? 0) >= 8 ? "bf16" : "fp16");
  });

  test("learns in tf32, says so, and leaves float32 as it was", async () => {
    const { losses, manifest } = await run({ runId: "tf32", precision: "tf32" }, 10);
    expect(manifest).toMatchObject({ status: "interrupted", precision: "tf32" });
    await resume("tf32", { home });
    expect(await readManifest(join(home, "models", "tf32", "manifest.json"))).toMatchObject({
      status: "completed",
      precision: "tf32",
    });
    expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);
    expect([allowTf32(false), setDeterministic(false)]).toEqual([false, false]);
  });

  test.each([
    ["fp32", 0],
    ["fp32", 0.5],
    ["tf32", 0],
    ["bf16", 0],
    ["fp16", 0],
  ] as const)("of a character LSTM in %s with dropout %f learns", async (precision, dropout) => {
    const runId = `lstm-${precision}-${dropout}`;
    const modelConfig = { ...lstm.modelConfig, dropout };
    const { losses, result } = await run({ ...lstm, modelConfig, runId, precision, maxSteps: 40, learningRate: 1e-2 });
    expect(result.status).toBe("completed");
    expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) * 0.9);
  });

  test.each([
    ["one layer", 1, 0.5],
    ["two layers", 2, 0],
  ])("of a character LSTM of %s goes on from its checkpoint to the bit", async (_name, numLayers, dropout) => {
    const options = { ...lstm, modelConfig: { ...lstm.modelConfig, numLayers, dropout }, deterministic: true } as const;
    const whole = await run({ ...options, runId: `whole-${numLayers}` });
    await run({ ...options, runId: `cut-${numLayers}` }, 8);
    const after: number[] = [];
    await resume(`cut-${numLayers}`, { home, onEvent: (e) => e.type === "step" && after.push(e.loss) });
    expect(after).toEqual(whole.losses.slice(8));
  });

  test.each([
    ["gpt2", { modelConfig: { nEmbd: 128, nLayer: 2, nHead: 2 } }],
    ["llama", { modelConfig: { hiddenSize: 128, intermediateSize: 256, numHiddenLayers: 2, numAttentionHeads: 2 } }],
    ["char_lstm", lstm],
  ] as const)("of %s, deterministic, gives the same losses to the bit each time", async (modelFamily, model) => {
    const options = { ...model, modelFamily, precision: "bf16", maxSeqLen: 256, deterministic: true } as const;
    const runs = [
      await run({ ...options, runId: `${modelFamily}-1` }),
      await run({ ...options, runId: `${modelFamily}-2` }),
    ];
    expect(runs[0]?.losses).toEqual(runs[1]?.losses);
    expect(runs[0]?.manifest).toMatchObject({ deterministic: true });
  });

  test("of documents that are kept apart is deterministic too, in every precision", async () => {
    for (const precision of ["fp32", "fp16"] as const) {
      const options = { precision, maskDocuments: true, document: "line", deterministic: true, maxSteps: 5 } as const;
      const runs = [
        await run({ ...options, runId: `m1-${precision}` }),
        await run({ ...options, runId: `m2-${precision}` }),
      ];
      expect(runs[0]?.losses).toEqual(runs[1]?.losses);
    }
  });

  test("reports the peak of its memory", async () => {
    const { result, manifest, metrics } = await run({ runId: "memory", precision: "bf16" });
    expect(result.gpuPeakBytes).toBeGreaterThan(1e5);
    expect(manifest?.gpu_peak_bytes).toBe(result.gpuPeakBytes);
    expect(metrics).toMatch(/"gpu_peak_bytes":\d+/);
  });

  test("finds its batch by the memory that each takes", async () => {
    const { batches } = await findBatch({ ...tiny, device: "cuda" }, { home, maxBatchSize: 16 });
    const peaks = batches.map(({ peakBytes }) => peakBytes ?? 0);
    expect(peaks).toEqual(peaks.toSorted((a, b) => a - b));
    expect(peaks[0]).toBeGreaterThan(0);
    const least = peaks[2] ?? 0; // four sequences
    const found = await findBatch({ ...tiny, device: "cuda" }, { home, maxBatchSize: 16, memoryBytes: least });
    expect(found.batchSize).toBeGreaterThanOrEqual(4);
    expect(found.batchSize).toBeLessThan(8);
  });
});

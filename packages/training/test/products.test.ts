import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { measuredProducts, measureProducts } from "@trainer/torch";
import { resume, train, type RunEvent } from "@trainer/training";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { keepProducts, measuringProducts } from "../src/step/products.js";

const known = ["nn 40 24 32 mkl"];
let cache = "";
beforeEach(() => {
  cache = scratchPath("cache");
  vi.stubEnv("TRAINER_CACHE", cache);
  vi.stubEnv("TRAINER_MEASURE_PRODUCTS", "1");
});
afterEach(() => {
  measureProducts(null);
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true, force: true });
});

const file = () => join(cache, "products", readdirSync(join(cache, "products"))[0] ?? "");
async function measuredBy(device: "cpu" | "cuda", saved: { products: string[] | null } | null = null, threads = 2) {
  using _measuring = await measuringProducts({ device }, threads, saved);
  return measuredProducts();
}

test("a new run begins with what this machine has measured, by as many threads", async () => {
  expect(await measuredBy("cpu")).toEqual([]);
  measureProducts(known);
  await keepProducts(2);
  measureProducts(["nn 40 24 32 onednn", "nt 1 2 3 onednn"]);
  await keepProducts(2); // the first measurement of a shape stays
  expect(await measuredBy("cpu")).toEqual(["nn 40 24 32 mkl", "nt 1 2 3 onednn"]);
  expect(await measuredBy("cpu", null, 3)).toEqual([]);
  expect(measuredProducts()).toBeNull();
});

test("a resumed run keeps to what its checkpoint says, also that nothing was measured", async () => {
  measureProducts(["nt 1 2 3 onednn"]);
  await keepProducts(2);
  expect(await measuredBy("cpu", { products: known })).toEqual(known);
  expect(await measuredBy("cpu", { products: null })).toBeNull();
});

test("a GPU, and who does not want it, measure nothing", async () => {
  expect(await measuredBy("cuda")).toBeNull();
  vi.stubEnv("TRAINER_MEASURE_PRODUCTS", "0");
  expect(await measuredBy("cpu")).toBeNull();
  await keepProducts(2);
  expect(readdirSync(join(cache, ".."))).not.toContain("products");
});

test("a damaged cache is measured again, and one that cannot be written harms nobody", async () => {
  measureProducts(known);
  await keepProducts(2);
  for (const damaged of ["", "{", `{"products": ["by guess"]}`, `{"products": 1}`]) {
    writeFileSync(file(), damaged);
    expect(await measuredBy("cpu")).toEqual([]);
  }
  rmSync(cache, { recursive: true });
  writeFileSync(cache, "a file");
  measureProducts(known);
  await expect(keepProducts(2)).resolves.toBeUndefined();
});

test("a run writes what it measured into its checkpoints, and goes on by it", async () => {
  const home = scratchPath("products");
  const corpus = writeCorpus(join(home, "corpus.txt"));
  const options = { ...tiny, corpus, device: "cpu", maxSteps: 6, checkpointEvery: 3, runId: "one" } as const;
  const stop = new AbortController();
  const onEvent = (e: RunEvent) => void (e.type === "step" && e.step === 4 && stop.abort());
  await train(options, { home, onEvent, signal: stop.signal });
  const checkpoint = join(home, "models", "one", "checkpoints", "step-00000004");
  const saved = () => {
    const folder = join(home, "models", "one", "checkpoints");
    const last = readdirSync(folder).toSorted().at(-1) ?? checkpoint;
    const state: unknown = JSON.parse(readFileSync(join(folder, last, "state.json"), "utf8"));
    return z.object({ products: z.array(z.string()) }).parse(state).products;
  };
  const before = saved();
  rmSync(join(cache, "products"), { recursive: true, force: true });
  await resume("one", { home });
  expect(saved()).toEqual(expect.arrayContaining(before));
  expect(measuredProducts()).toBeNull();
  rmSync(home, { recursive: true });
});

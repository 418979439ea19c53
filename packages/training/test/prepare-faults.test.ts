import { mkdirSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { memoryStats } from "@trainer/torch";
import { readManifest, resume, train, type RunEvent, type TrainInput } from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";
import { binsFolder, openHome } from "../src/home/home.js";
import { writeManifest } from "../src/home/manifest.js";

let home = "";
let corpus = "";
const options = { ...tiny, maxSteps: 2, evaluate: false } as const;
const run = (id: string) => join(home, "models", id);

beforeAll(async () => {
  home = scratchPath("prepare-faults");
  corpus = writeCorpus(join(home, "corpus.txt"));
  await train({ ...options, corpus, runId: "base" }, { home });
});
afterAll(() => rmSync(home, { recursive: true }));

/** Native memory, open files of the home and bins that this process holds. */
function held() {
  const handles = readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(home) ? [fd] : [];
    } catch {
      return []; // the one that reads the folder
    }
  });
  const uses = readdirSync(binsFolder(openHome(home))).filter((name) => name.startsWith(".in-use-"));
  return { tensors: memoryStats().liveTensors, files: handles.length, uses: uses.length };
}

const NOTHING = { tensors: 0, files: 0, uses: 0 };

/** Remains of a run that fails, `fault` being done once its bins are there. */
async function leftBy(input: Partial<TrainInput> & { readonly runId: string }, fault: () => void = () => {}) {
  const before = held();
  const onEvent = (e: RunEvent) => e.type === "data" && e.phase === "ready" && fault();
  await expect(train({ ...options, corpus, ...input }, { home, onEvent })).rejects.toThrow(Error);
  expect(await readManifest(join(run(input.runId), "manifest.json"))).toMatchObject({ status: "failed", steps: 0 });
  const { tensors, files, uses } = held();
  return { tensors: tensors - before.tensors, files: files - before.files, uses: uses - before.uses };
}

test("a run that fails when its bins are there lets go of them", async () => {
  const fault = () => {
    throw new Error("nobody listens");
  };
  expect(await leftBy({ runId: "bins" }, fault)).toEqual(NOTHING);
});

test("a run that fails when its model is there frees it", async () => {
  const fault = () => mkdirSync(join(run("configs"), "config.json", "full"), { recursive: true });
  expect(await leftBy({ runId: "configs" }, fault)).toEqual(NOTHING);
});

test("a run that fails over what it evaluates frees its model", async () => {
  const sets = binsFolder(openHome(home));
  const fault = () => {
    const bins = readdirSync(sets, { recursive: true, encoding: "utf8" });
    for (const bin of bins.filter((name) => name.endsWith("validation.bin"))) {
      rmSync(join(sets, dirname(bin)), { recursive: true });
    }
  };
  expect(await leftBy({ runId: "windows", seed: 8 }, fault)).toEqual(NOTHING);
});

test("a run that fails over its metrics frees model and loader", async () => {
  const fault = () => mkdirSync(join(run("metrics"), "metrics.jsonl"));
  expect(await leftBy({ runId: "metrics", seed: 9 }, fault)).toEqual(NOTHING);
});

test("weights that a run cannot start from are freed", async () => {
  await train({ ...options, corpus, runId: "smaller", vocabSize: 290, maxSteps: 1 }, { home });
  const tokenizer = (await readManifest(join(run("smaller"), "manifest.json")))?.tokenizer_id ?? "";
  const other = { runId: "other", pretrainedRunId: "base", tokenizer, vocabSize: undefined };
  expect(await leftBy(other)).toEqual(NOTHING);
  expect(await leftBy({ runId: "lora", pretrainedRunId: "base", loraRank: 2, loraTargets: ["nowhere"] })).toEqual(
    NOTHING,
  );
});

test("a run whose checkpoint does not fit it any more frees all that was made", async () => {
  const stop = new AbortController();
  const stopped = { home, signal: stop.signal, onStep: () => stop.abort() };
  await train({ ...options, corpus, runId: "stopped" }, stopped);
  const path = join(run("stopped"), "manifest.json");
  const manifest = await readManifest(path);
  expect(manifest?.status).toBe("interrupted");
  if (manifest !== null) await writeManifest(path, { ...manifest, max_seq_len: 8 });
  const before = held();
  await expect(resume("stopped", { home })).rejects.toThrow("the state of another loader");
  expect(held()).toEqual(before);
});

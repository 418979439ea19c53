import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { matching, scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { readManifest, resume, runFolder, train, type RunEvent, type RunManifest } from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { writeManifest } from "../src/home/manifest.js";
import { startChild } from "./children.js";
import { outcome, sha256 } from "./run-files.js";

let home = "";
let corpus = "";
const run = (id: string) => join(home, "models", id);
const options = () => ({
  ...tiny,
  corpus,
  evalEvery: 10,
  checkpointEvery: 7,
  earlyStoppingPatience: 50,
  evaluate: false,
});

beforeAll(async () => {
  home = scratchPath("train-on");
  corpus = writeCorpus(join(home, "corpus.txt"));
  await train({ ...options(), maxSteps: 40, runId: "whole" }, { home });
  await train({ ...options(), maxSteps: 20, runId: "half" }, { home });
});
afterAll(() => rmSync(home, { recursive: true }));

/** A run of its own with what another has come to. */
async function copy(from: string, id: string, change: Partial<RunManifest> = {}): Promise<string> {
  cpSync(run(from), run(id), { recursive: true });
  await writeManifest(runFolder(home, id).manifest, { ...(await manifestOf(from)), run_id: id, ...change });
  return id;
}

async function manifestOf(id: string): Promise<RunManifest> {
  const manifest = await readManifest(runFolder(home, id).manifest);
  if (manifest === null) throw new Error(`no manifest of ${id}`);
  return manifest;
}

/** Weights after the last step, whichever were the best. */
const lastWeights = (id: string, step: number) => {
  const names = readdirSync(join(run(id), "checkpoints")).filter((name) =>
    name.includes(`-${String(step).padStart(8, "0")}`),
  );
  return sha256(join(run(id), "checkpoints", names.toSorted().at(-1) ?? "", "model.safetensors"));
};

const Rate = z.object({ step: z.int(), lr: z.number().optional() });
const ratesOf = (id: string): number[] =>
  readFileSync(join(run(id), "metrics.jsonl"), "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => Rate.parse(JSON.parse(line)))
    .flatMap(({ lr }) => (lr === undefined ? [] : [lr]));

test("trained on from its end, a completed run is to the bit what it would be trained so far in one go", async () => {
  const id = await copy("half", "on", { artifact_file_id: "ab" });
  const first = await manifestOf("half");
  const { losses: before } = outcome(run("half"));
  expect(await resume(id, { home }, { maxSteps: 40 })).toMatchObject({ status: "completed", steps: 40 });
  const test20 = before.at(-1);
  expect(test20).toMatch(/^20 test/);
  const { losses } = outcome(run(id));
  expect(losses.slice(0, before.length)).toEqual(before); // its test then stays among the metrics
  expect({ ...outcome(run(id)), losses: losses.filter((line) => line !== test20) }).toEqual(outcome(run("whole")));
  expect(lastWeights(id, 40)).toBe(lastWeights("whole", 40));
  const manifest = await manifestOf(id);
  expect(manifest).toMatchObject({
    status: "completed",
    steps: 40,
    total_steps: 40,
    ends: [
      { after_step: 0, total_steps: 20 },
      { after_step: 20, total_steps: 40 },
    ],
    parts: [
      { until_step: 20, status: "completed", total_steps: 20, test_loss: first.test_loss, best_step: first.best_step },
    ],
    artifact_file_id: null,
    config: { max_steps: 40 },
    test_loss: (await manifestOf("whole")).test_loss,
  });
  await resume(id, { home }, { maxSteps: 44 });
  const { ends, parts } = await manifestOf(id);
  expect(ends.map((end) => [end.after_step, end.total_steps])).toEqual([
    [0, 20],
    [20, 40],
    [40, 44],
  ]);
  expect(parts.map((part) => part.until_step)).toEqual([20, 40]);
  expect(
    outcome(run(id))
      .losses.filter((line) => line.includes("test"))
      .map((line) => line.split(" ")[0]),
  ).toEqual(["20", "40", "44"]);
});

test("a schedule is stretched to the new end: each step has the rate of the end that held for it", async () => {
  const falling = { ...options(), lrSchedule: "cosine", warmupSteps: 3, minLr: 1e-4 } as const;
  await train({ ...falling, maxSteps: 12, runId: "short" }, { home });
  await train({ ...falling, maxSteps: 24, runId: "long" }, { home });
  const [short, long] = [ratesOf("short"), ratesOf("long")];
  await resume("short", { home }, { maxSteps: 24 });
  expect(ratesOf("short")).toEqual([...short, ...long.slice(12)]);
});

test("a run by wsd that was stopped before its decay is to the bit one that was to end later from the beginning", async () => {
  const stable = { ...options(), lrSchedule: "wsd", lrDecayFraction: 0.25 } as const;
  await train({ ...stable, maxSteps: 24, runId: "wsd-long" }, { home });
  const stop = new AbortController();
  const onEvent = (e: RunEvent) => e.type === "step" && e.step === 10 && stop.abort();
  await train({ ...stable, maxSteps: 16, runId: "wsd" }, { home, onEvent, signal: stop.signal });
  await resume("wsd", { home }, { maxSteps: 24 });
  expect(outcome(run("wsd"))).toEqual(outcome(run("wsd-long")));
});

test("stopped and killed in the further part, a run goes on as if it had not been", async () => {
  const id = await copy("half", "killed");
  const on = await copy("half", "not-killed");
  await resume(on, { home }, { numEpochs: 2 });
  const stop = new AbortController();
  const onEvent = (e: RunEvent) => e.type === "start" && stop.abort();
  const stopped = await resume(id, { home, onEvent, signal: stop.signal }, { numEpochs: 2 });
  expect(stopped).toMatchObject({ status: "interrupted", steps: 20 });
  const child = startChild(home, { resume: id });
  await child.until((e) => e.type === "step" && Number(e["step"]) >= 31);
  child.process.kill("SIGKILL");
  await child.ended;
  // Asked for once more, the same end is the one that it has.
  expect(await resume(id, { home }, { numEpochs: 2 })).toMatchObject({ status: "completed", epochs: 2 });
  expect(outcome(run(id))).toEqual(outcome(run(on)));
  expect((await manifestOf(id)).parts).toHaveLength(1);
  expect((await manifestOf(id)).epochs).toBe(2);
});

test("gone back to a checkpoint of before its new end, a run repeats what it did", async () => {
  const id = await copy("half", "back");
  const stop = new AbortController();
  await resume(
    id,
    { home, signal: stop.signal, onEvent: (e) => e.type === "step" && e.step === 22 && stop.abort() },
    { maxSteps: 40 },
  );
  for (const name of readdirSync(join(run(id), "checkpoints")))
    if (!name.startsWith("step-00000014")) rmSync(join(run(id), "checkpoints", name), { recursive: true });
  await resume(id, { home });
  const { losses } = outcome(run(id));
  expect(losses.filter((line) => !line.startsWith("20 test"))).toEqual(outcome(run("whole")).losses);
});

test("a run that stopped early waits as long again, and one that was cancelled goes on beyond its former end", async () => {
  const patient = { ...options(), learningRate: 0, evalEvery: 5, earlyStoppingPatience: 2, maxSteps: 60 };
  expect(await train({ ...patient, runId: "early" }, { home })).toMatchObject({ earlyStopped: true, steps: 15 });
  expect(await resume("early", { home }, { maxSteps: 80 })).toMatchObject({ earlyStopped: true, steps: 25 });
  expect(await manifestOf("early")).toMatchObject({ early_stopped: true, parts: [{ early_stopped: true }] });
  const stop = new AbortController();
  const onEvent = (e: RunEvent) => e.type === "step" && e.step === 5 && stop.abort();
  await train({ ...options(), maxSteps: 20, runId: "cut" }, { home, onEvent, signal: stop.signal });
  await resume("cut", { home }, { maxSteps: 40 });
  expect(outcome(run("cut"))).toEqual(outcome(run("whole")));
});

test("a run gets as much more time as is asked for", async () => {
  const id = await copy("half", "timed");
  const before = (await manifestOf(id)).duration_seconds ?? 0;
  const result = await resume(id, { home }, { maxSeconds: "2s" });
  expect(result.steps).toBeGreaterThan(40);
  expect(result.seconds).toBeGreaterThan(before + 1); // 2 s, of which a step that becomes quicker takes some
  expect(result.seconds).toBeLessThan(before + 60); // a step, a validation and a checkpoint more, on a busy machine
  const { config, ends, steps, total_steps: total } = await manifestOf(id);
  expect([config["max_seconds"], total]).toEqual([before + 2, steps]);
  expect(ends.slice(0, 2)).toMatchObject([{ after_step: 0, total_steps: 20 }, { after_step: 20 }]);
});

test("the end of one request is taken once, that of another one is another", async () => {
  const id = await copy("half", "twice");
  const ask = async (maxSteps: number, endId: string) => (await resume(id, { home }, { maxSteps }, endId)).steps;
  expect([await ask(24, "a"), await ask(28, "a"), await ask(28, "b")]).toEqual([24, 24, 28]);
});

test("a new end that cannot be is refused, and changes nothing", async () => {
  const id = await copy("half", "refused");
  const before = readFileSync(runFolder(home, id).manifest, "utf8");
  const refused = async (end: Parameters<typeof resume>[2], message: RegExp) =>
    expect(resume(id, { home }, end)).rejects.toMatchObject({ code: "INVALID_INPUT", message: matching(message) });
  await refused({ maxSteps: 19 }, /has done 20 steps already, and was to end after 19: ask for more/);
  await refused({ maxSteps: 30, numEpochs: 3 }, /give one of them/);
  await refused({ maxSteps: 0 }, /the options of the run's end are wrong: maxSteps/);
  await writeManifest(runFolder(home, id).manifest, {
    ...(await manifestOf(id)),
    config: { ...(await manifestOf(id)).config, lora_rank: 2, pretrained_run_id: "whole" },
  });
  await refused({ maxSteps: 30 }, /base weights were removed as it was completed/);
  writeFileSync(runFolder(home, id).manifest, before);
  expect(await resume(id, { home }, { maxSteps: 20 })).toMatchObject({ status: "completed", steps: 20 });
  rmSync(join(run(id), "checkpoints"), { recursive: true });
  await refused({ maxSteps: 30 }, /no checkpoint of it is here/);
  expect(await manifestOf(id)).toMatchObject({ status: "completed", parts: [] });
});

test("a run that has saved nothing begins with its new end", async () => {
  const signal = AbortSignal.abort();
  await train({ ...options(), maxSteps: 20, runId: "unbegun" }, { home, signal });
  await resume("unbegun", { home }, { maxSteps: 40 });
  expect(outcome(run("unbegun"))).toEqual(outcome(run("whole")));
  expect((await manifestOf("unbegun")).parts).toEqual([]);
});

import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { containing, matching, scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { readManifest, resume, runFolder, train, type RunEvent, type TrainInput } from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startChild } from "./children.js";
import { outcome } from "./run-files.js";

let home = "";
let corpus = "";
const run = (id: string) => join(home, "models", id);

/** Diverges on its way to its full rate. */
const hot = (): TrainInput => ({
  ...tiny,
  corpus,
  optimizer: "adam",
  learningRate: 2,
  warmupSteps: 130,
  gradientClipping: 0,
  maxSteps: 160,
  checkpointEvery: 20,
  evalEvery: 15,
  earlyStoppingPatience: 1000,
  logEvery: 4,
  evaluate: false,
});

beforeAll(async () => {
  home = scratchPath("guards");
  corpus = writeCorpus(join(home, "corpus.txt"));
  await train({ ...hot(), runId: "back", onDivergence: "rewind", sampleEvery: 50 }, { home });
});
afterAll(() => rmSync(home, { recursive: true }));

const manifestOf = (id: string) => readManifest(runFolder(home, id).manifest);
const Line = z.object({ step: z.int(), lr: z.number().optional(), alarms: z.array(z.string()).optional() });
const linesOf = (id: string) =>
  readFileSync(join(run(id), "metrics.jsonl"), "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => Line.parse(JSON.parse(line)));

test("a training that diverges says so once, in its events, log, metrics and manifest, and goes on", async () => {
  const events: RunEvent[] = [];
  const result = await train({ ...hot(), runId: "told" }, { home, onEvent: (e) => events.push(e) });
  expect(result).toMatchObject({ status: "completed", steps: 160 });
  const told = events.flatMap((e) => (e.type === "warning" && e.symptom === "divergence" ? [e] : []));
  expect(told).toHaveLength(1);
  const [alarm] = told;
  expect(alarm?.message).toMatch(/^step \d+: the training diverges, its loss has gone up to .*learning rate/);
  const logged = Math.ceil((alarm?.step ?? 0) / 4) * 4;
  expect(linesOf("told").filter(({ alarms }) => alarms?.includes("divergence"))).toMatchObject([{ step: logged }]);
  expect((await manifestOf("told"))?.alarms).toContainEqual({
    step: alarm?.step,
    symptom: "divergence",
    message: containing("the training diverges"),
  });
});

test("where it is to stop it fails, with the step", async () => {
  await expect(train({ ...hot(), runId: "stopped", onDivergence: "stop" }, { home })).rejects.toMatchObject({
    code: "TRAINING_DIVERGED",
    failureClass: "FATAL",
    message: matching(/^step \d+: the training diverges, its loss is .*the last good checkpoint is step-/),
  });
  const manifest = await manifestOf("stopped");
  expect(manifest).toMatchObject({ status: "failed", error_code: "TRAINING_DIVERGED" });
  expect(manifest?.steps).toBeLessThan(160);
});

test("where it is to go back it does, to a checkpoint from before, at half the rate, and comes to its end", async () => {
  const manifest = await manifestOf("back");
  expect(manifest).toMatchObject({ status: "completed", steps: 160 });
  const rewinds = manifest?.rewinds ?? [];
  expect(rewinds.length).toBeGreaterThan(0);
  for (const [i, { from_step: from, to_step: to, rate_scale: scale }] of rewinds.entries()) {
    expect(to % 20).toBe(0);
    expect(to).toBeLessThanOrEqual(Math.max(0, from - 50));
    expect(scale).toBe(0.5 ** (i + 1));
  }
  const lines = linesOf("back").filter(({ lr }) => lr !== undefined);
  expect(lines.map(({ step }) => step)).toEqual([1, ...Array.from({ length: 40 }, (_, i) => 4 * i + 4)]);
  expect(lines.at(-1)?.lr).toBe(2 * (rewinds.at(-1)?.rate_scale ?? 0));
  expect(manifest?.alarms.map(({ symptom }) => symptom)).toContain("divergence");
  expect(await resume("back", { home })).toMatchObject({ status: "completed" });
});

test("stopped and killed on the way, before and after it went back, it ends the same", async () => {
  const options = { ...hot(), onDivergence: "rewind", sampleEvery: 50 } as const;
  for (const at of [30, 90]) {
    const stop = new AbortController();
    let steps = 0;
    const onStep = () => ++steps === at && stop.abort();
    await train({ ...options, runId: `cut-${at}` }, { home, onStep, signal: stop.signal });
    await resume(`cut-${at}`, { home });
    expect(outcome(run(`cut-${at}`))).toEqual(outcome(run("back")));
    expect((await manifestOf(`cut-${at}`))?.rewinds).toEqual((await manifestOf("back"))?.rewinds);
  }
  const child = startChild(home, { options: { ...options, runId: "killed" } });
  await child.until((e) => e.type === "warning" && String(e["message"]).startsWith("back from"));
  child.process.kill("SIGKILL");
  await child.ended;
  await resume("killed", { home });
  expect(outcome(run("killed"))).toEqual(outcome(run("back")));
});

test("averages of the weights go back too", async () => {
  const options = { ...hot(), onDivergence: "rewind", emaDecay: 0.9 } as const;
  await train({ ...options, runId: "averaged" }, { home });
  const stop = new AbortController();
  const onEvent = (e: RunEvent) => e.type === "warning" && e.message.startsWith("back from") && stop.abort();
  await train({ ...options, runId: "averaged-cut" }, { home, onEvent, signal: stop.signal });
  expect((await manifestOf("averaged-cut"))?.rewinds).toHaveLength(1);
  await resume("averaged-cut", { home });
  expect(outcome(run("averaged-cut"))).toEqual(outcome(run("averaged")));
});

test("a loss that is no number at any rate ends the run once it has gone back five times", async () => {
  const warnings: string[] = [];
  const onEvent = (e: RunEvent) => e.type === "warning" && warnings.push(e.message);
  const options = { ...hot(), optimizer: "sgd", learningRate: 1e38, onDivergence: "rewind", runId: "never" } as const;
  await expect(train(options, { home, onEvent })).rejects.toMatchObject({
    code: "TRAINING_NAN_LOSS",
    message: matching(/; the run has gone back 5 times, each to half the rate$/),
  });
  expect(warnings.filter((message) => message.includes("became"))).toHaveLength(5);
  expect(warnings[0]).toMatch(
    /^step \d+: the .* became .*; back from step \d+ to .*its beginning, to go on at 0\.5 of/,
  );
});

test("a checkpoint that is damaged is passed over, and without any the run fails", async () => {
  const options = { ...hot(), onDivergence: "rewind" } as const;
  const damage = (id: string, isMeant: (name: string) => boolean) => {
    const { checkpoints } = runFolder(home, id);
    for (const name of readdirSync(checkpoints).filter((each) => each.startsWith("step-") && isMeant(each)))
      writeFileSync(join(checkpoints, name, "state.json"), "{}");
  };
  const rewinds = (await manifestOf("back"))?.rewinds ?? [];
  const target = rewinds.find(({ to_step: to }) => to > 0)?.to_step ?? 0;
  expect(target).toBeGreaterThan(0);
  const isTarget = (name: string) => name.startsWith(`step-${String(target).padStart(8, "0")}`);
  const onEvent = (e: RunEvent) => e.type === "checkpoint" && e.step === target && damage("torn", isTarget);
  await train({ ...options, runId: "torn" }, { home, onEvent });
  const torn = (await manifestOf("torn"))?.rewinds ?? [];
  expect(torn.map(({ to_step: to }) => to)).not.toContain(target);
  expect(torn.length).toBeGreaterThan(0);
  const atOnce = (e: RunEvent) => e.type === "checkpoint" && e.step === 0 && damage("lost", () => true);
  await expect(
    train({ ...options, checkpointEvery: 1000, runId: "lost" }, { home, onEvent: atOnce }),
  ).rejects.toMatchObject({ code: "TRAINING_DIVERGED", message: matching(/^step \d+: the training diverges/) });
});

test("another failure is not mended by going back", async () => {
  const queueStep = () => {
    throw new Error("the disk burns");
  };
  const options = { ...hot(), onDivergence: "rewind", runId: "other" } as const;
  await expect(train(options, { home, queueStep })).rejects.toThrow("the disk burns");
  expect((await manifestOf("other"))?.rewinds).toEqual([]);
});

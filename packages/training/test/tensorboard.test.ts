import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { at } from "@trainer/disk";
import { samplePrompts } from "@trainer/options";
import { containing, scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { resume, train, type RunEvent, type StepDone } from "@trainer/training";
import { exportEvents, findRecord, openHome, readManifest, runFolder } from "@trainer/training/files";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { eventFiles } from "../src/tracking/event-file.js";
import { startChild } from "./children.js";
import { shownIn } from "./event-reader.js";
import { outcome } from "./run-files.js";
import { smallDisk } from "./small-disk.js";

let home = "";
let corpus = "";
const options = () => ({
  ...tiny,
  corpus,
  maxSteps: 12,
  logEvery: 2,
  evalEvery: 6,
  sampleEvery: 4,
  checkpointEvery: 5,
  evaluate: false,
  tensorboard: true,
});
const run = (id: string) => join(home, "models", id);

beforeAll(async () => {
  home = scratchPath("tensorboard");
  corpus = writeCorpus(join(home, "corpus.txt"));
  await train({ ...options(), runId: "whole" }, { home });
});
afterAll(() => rmSync(home, { recursive: true }));

const Line = z.object({
  step: z.int(),
  tokens: z.int(),
  train_loss: z.number().optional(),
  split: z.string().optional(),
  loss: z.number().optional(),
});
const linesOf = (id: string) =>
  readFileSync(join(run(id), "metrics.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => Line.parse(JSON.parse(line)));

/** Losses of metrics.jsonl by the names of their figures, at some x, as single-precision numbers. */
function lossesOf(
  id: string,
  x: (line: z.output<typeof Line>) => number,
  prefix = "",
): Map<string, Map<number, number>> {
  const losses = new Map<string, Map<number, number>>();
  for (const line of linesOf(id)) {
    const tag = `${prefix}${line.split ?? "train"}/loss`;
    const points = losses.get(tag) ?? new Map<number, number>();
    losses.set(tag, points.set(x(line), Math.fround(line.loss ?? line.train_loss ?? NaN)));
  }
  return losses;
}

/** Holds a run's events to its files: every figure once, and nothing besides. */
function expectShown(id: string, folder = run(id)) {
  const steps = shownIn(folder);
  const tokens = shownIn(join(folder, "by_tokens"));
  expect([steps.doubled, tokens.doubled]).toEqual([0, 0]);
  const bySteps = lossesOf(id, ({ step }) => step);
  for (const [tag, points] of bySteps) expect(steps.scalars.get(tag)).toEqual(points);
  const byTokens = lossesOf(id, (line) => line.tokens, "by_tokens/");
  for (const [tag, points] of byTokens) expect(tokens.scalars.get(tag)).toEqual(points);
  return { steps, tokens };
}

test("a run's figures, samples, settings and end are in its event files, and its losses are as without", async () => {
  await train({ ...options(), tensorboard: false, runId: "without" }, { home });
  expect(outcome(run("whole"))).toEqual(outcome(run("without")));
  const { steps, tokens } = expectShown("whole");
  expect([...steps.scalars.keys()].toSorted()).toEqual([
    "test/bits_per_byte",
    "test/loss",
    "train/grad_norm",
    "train/loss",
    "train/lr",
    "train/tokens_per_sec",
    "validation/best_loss",
    "validation/bits_per_byte",
    "validation/loss",
  ]);
  expect([...tokens.scalars.keys()].every((tag) => tag.startsWith("by_tokens/"))).toBe(true);
  expect([...steps.texts.keys()]).toEqual([4, 8, 12]);
  expect(steps.texts.get(12)).toMatch(/^ {4}/);
  expect(samplePrompts.some((prompt) => steps.texts.get(4)?.includes(at(prompt.split("\n"), 0)))).toBe(true);
  expect(String(steps.plugins.get("_hparams_/session_start_info"))).toContain("learning_rate");
  expect(steps.plugins.get("_hparams_/session_end_info")).toBeDefined();
  expect([steps.starts, tokens.starts]).toEqual([[0], [0]]);
});

test("killed and resumed, a run has one event file that shows each point once, whatever its end was left like", async () => {
  const child = startChild(home, { options: { ...options(), runId: "killed" } });
  await child.until((event) => event.type === "step" && event["step"] === 8);
  child.process.kill("SIGKILL");
  await child.ended;
  const [name = ""] = eventFiles(run("killed"));
  const path = join(run("killed"), name);
  appendFileSync(path, readFileSync(path).subarray(0, 50)); // killed in the midst of writing
  await resume("killed", { home });
  expect(eventFiles(run("killed"))).toEqual([name]);
  const { steps, tokens } = expectShown("killed");
  const [from = 0] = (await readManifest(runFolder(home, "killed").manifest))?.resumed_from ?? [];
  expect(from).toBeGreaterThan(0);
  expect(steps.starts).toEqual([0, from + 1]);
  expect(tokens.starts).toHaveLength(2);
  expect([...steps.texts]).toEqual([...shownIn(run("whole")).texts]);
});

test("killed before its first checkpoint, a run begins its events again", async () => {
  const child = startChild(home, { options: { ...options(), checkpointEvery: 0, evalEvery: 0, runId: "early" } });
  await child.until((event) => event.type === "step" && event["step"] === 4);
  child.process.kill("SIGKILL");
  await child.ended;
  await resume("early", { home });
  expect(expectShown("early").steps.starts).toEqual([0, 0]);
});

test("an event file that holds no whole record is left, and another is begun", async () => {
  const child = startChild(home, { options: { ...options(), runId: "spoilt" } });
  await child.until((event) => event.type === "checkpoint");
  child.process.kill("SIGKILL");
  await child.ended;
  const [name = ""] = eventFiles(run("spoilt"));
  rmSync(join(run("spoilt"), name));
  writeFileSync(join(run("spoilt"), "events.out.tfevents.0000000001.h.1.0"), "no record");
  await resume("spoilt", { home });
  expect(eventFiles(run("spoilt"))).toHaveLength(2);
});

test("a run that goes back after its loss diverged shows its way from there", async () => {
  const hot = {
    ...options(),
    optimizer: "adam",
    learningRate: 2,
    warmupSteps: 130,
    gradientClipping: 0,
    maxSteps: 160,
    checkpointEvery: 20,
    evalEvery: 15,
    earlyStoppingPatience: 1000,
    sampleEvery: 50,
    onDivergence: "rewind",
    runId: "hot",
  } as const;
  const warnings: string[] = [];
  const onEvent = (event: RunEvent) => void (event.type === "warning" && warnings.push(event.message));
  await train(hot, { home, onEvent });
  expect(warnings.join("\n")).toContain("back from step");
  const { steps } = expectShown("hot");
  expect(steps.starts.length).toBeGreaterThan(1);
});

test("events that cannot be written are one warning; they catch up, and the run is as without", async () => {
  const events: RunEvent[] = [];
  const blocked = join(run("blocked"), "by_tokens");
  const onStep = ({ step }: StepDone) => {
    if (step === 8) rmSync(blocked);
  };
  const onEvent = (event: RunEvent) => {
    events.push(event);
    if (event.type === "config") writeFileSync(blocked, "in the way");
  };
  const result = await train({ ...options(), runId: "blocked" }, { home, onStep, onEvent });
  expect(result.status).toBe("completed");
  const warnings = events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
  expect(warnings).toEqual([containing("TensorBoard's events cannot be written: Error: EEXIST")]);
  expect(readFileSync(join(run("blocked"), "logs.jsonl"), "utf8").split("cannot be written")).toHaveLength(2);
  expect(outcome(run("blocked"))).toEqual(outcome(run("whole")));
  expectShown("blocked");
});

test("on a full disk the events stay readable, and the run goes on", async (context) => {
  const disk = join(run("full"), "by_tokens");
  mkdirSync(disk, { recursive: true });
  context.skip(!smallDisk(disk, "size=4k"), "a small disk cannot be mounted here");
  const warnings: string[] = [];
  const onEvent = (event: RunEvent) => {
    if (event.type === "warning") warnings.push(event.message);
  };
  try {
    const result = await train({ ...options(), maxSteps: 60, logEvery: 1, runId: "full" }, { home, onEvent });
    expect(result.status).toBe("completed");
    expect(warnings).toEqual([containing("ENOSPC")]);
    expect(shownIn(disk).scalars.get("by_tokens/train/loss")?.size).toBeGreaterThan(3);
    const [name = ""] = eventFiles(disk);
    expect(statSync(join(disk, name)).size).toBeLessThanOrEqual(4096);
    expect(shownIn(run("full")).scalars.get("train/loss")?.size).toBe(60);
  } finally {
    execFileSync("umount", [disk]);
  }
});

test("exported later, a run's events show what they show as it is trained, at its times", async () => {
  const record = await findRecord("without", openHome(home));
  const manifest = await readManifest(record.manifest);
  if (manifest === null) throw new Error("the run has a manifest");
  const folder = join(home, "exported");
  const first = await exportEvents({ ...record, manifest }, folder);
  expect(first).toHaveLength(2);
  const live = expectShown("whole").steps;
  const { steps } = expectShown("without", folder);
  expect([...steps.texts]).toEqual([...live.texts]);
  expect([...steps.scalars.keys()].toSorted()).toEqual([...live.scalars.keys()].toSorted());
  expect([...steps.plugins.keys()].toSorted()).toEqual([...live.plugins.keys()].toSorted());
  writeFileSync(join(folder, "events.out.tfevents.1000000000.old.1.0"), "");
  const again = await exportEvents({ ...record, manifest }, folder);
  expect(eventFiles(folder)).toEqual([at(again, 0).slice(folder.length + 1)]);
  expectShown("without", folder);
});

test("of a run that has written nothing the settings alone are exported", async () => {
  const { manifest: path } = runFolder(home, "whole");
  const manifest = await readManifest(path);
  if (manifest === null) throw new Error("the run has a manifest");
  const none = { metrics: join(home, "no"), samples: join(home, "no"), logs: join(home, "no") };
  const left = { ...manifest, status: "running", best_val_loss: null, finished_at: null } as const;
  const folder = join(home, "empty");
  expect(await exportEvents({ ...none, manifest: left }, folder)).toHaveLength(1);
  const { plugins, scalars } = shownIn(folder);
  expect([[...plugins.keys()], scalars.size]).toEqual([["_hparams_/session_start_info"], 0]);
});

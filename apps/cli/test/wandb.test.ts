import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { aNumber, containing, matching } from "@trainer/testing";
import { wandbFile, wandbFiles } from "@trainer/testing/wandb-reader";
import { train, type RunEvent } from "@trainer/training";
import { LiveSync, RunSync, type Tracker, Wandb } from "@trainer/trackers";
import { expect, test } from "vitest";
import { z } from "zod";
import { TINY } from "./corpus.js";
import { trackedHome } from "./tracked-home.js";

const { folder, corpus, home, trainer, json, runOf, metricsOf, logged } = await trackedHome();
const lossesOf = (id: string) => logged(id).map(({ step, tokens, loss }) => [step, tokens, loss]);
const never = new AbortController().signal;

/** The only run in a folder of its own, and where that is. */
function only(name: string) {
  const [path = "", ...others] = wandbFiles(join(folder, name));
  expect(others).toEqual([]);
  const run = wandbFile(path);
  const losses = run.rows.flatMap((row) =>
    row["train/loss"] === undefined ? [] : [[row["_step"], row["tokens"], row["train/loss"]]],
  );
  return { path, run, losses, steps: run.rows.map((row) => row["_step"]) };
}

const syncOf = (name: string, id: string) =>
  new RunSync(new Wandb({ folder: join(folder, name), project: "p", entity: null }), home, id);

test("a run is written as it is trained, and trained on, each step once, with the command that sends it", async () => {
  const env = { WANDB_DIR: "live files", WANDB_PROJECT: "poems", WANDB_ENTITY: "us" };
  const io = { env, cwd: folder };
  const line = ["train", corpus, ...TINY, "--log-every", "2", "--run-id", "live", "--track", "wandb"];
  const { code, stderr } = await trainer([...line, "--max-steps", "6"], io);
  expect(code).toBe(0);
  const first = only("live files");
  expect(stderr).toContain(`To send it: wandb sync '${join(first.path, "..")}'`);
  expect(first.path).toMatch(/offline-run-\d{8}_\d{6}-live-[0-9a-z]{6}\/run-live-[0-9a-z]{6}\.wandb$/);
  expect(first.run).toMatchObject({ name: "live", project: "poems", entity: "us", exit: 0 });
  expect(first.run.config).toMatchObject({ max_steps: 6, model_config: { n_embd: 32 } });
  expect(first.losses).toEqual(lossesOf("live"));
  expect(first.run.summary).toMatchObject({
    "train/loss": first.losses.at(-1)?.[2],
    "validation/best_loss": aNumber,
    "test/loss": aNumber,
    _step: 6,
    epoch: 0,
  });

  writeFileSync(`${first.path}.synced`, "");
  expect(await trainer(["resume", "live", "--max-steps", "10", "--track", "wandb"], io)).toMatchObject({ code: 0 });
  const further = only("live files");
  expect(further.path).toBe(first.path);
  expect(further.losses).toEqual(lossesOf("live"));
  expect(further.steps).toEqual([...new Set(further.steps)]);
  expect(existsSync(`${first.path}.synced`)).toBe(false);
});

test("runs sync writes a run that was trained without, into its home, with the times of its log", async () => {
  const { stdout } = await trainer(["runs", "sync", "one", "--to", "wandb"]);
  const { path, run, losses } = only("home");
  expect(stdout).toMatch(/^one: \d+ figures sent\nTo send it: wandb sync \S+\n$/);
  expect(run).toMatchObject({ name: "one", project: "model-trainer", entity: null, exit: 0 });
  expect(losses).toEqual(lossesOf("one"));
  const times = run.rows.map((row) => z.object({ _timestamp: z.number(), _runtime: z.number() }).parse(row));
  expect(Math.min(...times.map((row) => row._timestamp))).toBeGreaterThan(Date.now() / 1000 - 600);
  expect(times.every((row) => row._runtime >= 0 && row._runtime < 600)).toBe(true);
  const again = await json(["runs", "sync", "one", "--to", "wandb"]);
  expect(again.last).toEqual({ run_id: "one", figures: aNumber, next: ["wandb", "sync", join(path, "..")] });
  expect(only("home").run).toEqual(run);
});

test("a run that is not there is said to be none, before anything is asked of a tracker", async () => {
  expect(await trainer(["runs", "sync", "nosuch"])).toMatchObject({ stderr: matching(/nosuch/) });
  expect((await trainer(["runs", "sync", "nosuch"])).stderr).not.toContain("MLFLOW");
  const outside = join(folder, "outside");
  mkdirSync(outside, { recursive: true });
  writeFileSync(join(outside, "config.json"), "{}");
  expect(await trainer(["runs", "sync", outside])).toMatchObject({ code: 2, stderr: containing("outside") });
});

test.each([
  ["interrupted", 255, 2],
  ["failed", 1, null],
])("a run that is %s ends with exit code %i", async (status, exit, best) => {
  const manifest = z
    .record(z.string(), z.unknown())
    .parse(JSON.parse(readFileSync(join(runOf("one"), "manifest.json"), "utf8")));
  mkdirSync(runOf(status));
  writeFileSync(join(runOf(status), "manifest.json"), JSON.stringify({ ...manifest, status, best_val_loss: best }));
  await syncOf(status, status).send(never);
  expect(only(status)).toMatchObject({ run: { exit, rows: best === null ? [] : [{ "validation/best_loss": best }] } });
});

/** A training whose figures are written at a quick pace. */
async function trainLive(
  tracker: Tracker,
  runId: string,
  more: object = {},
  onEvent: (event: RunEvent) => void = () => {},
  atEndMs = 60_000, // also on a busy machine
) {
  const warnings: string[] = [];
  const settings = { everyMs: 5, afterFailureMs: 10, atEndMs, flags: " --to wandb" };
  const live = new LiveSync(
    (id) => new RunSync(tracker, home, id),
    (line) => warnings.push(line),
    settings,
  );
  const options = {
    corpus,
    modelConfig: { nEmbd: 16, nLayer: 1, nHead: 2 },
    vocabSize: 300,
    maxSeqLen: 16,
    threads: 1,
    logEvery: 1,
    holdoutFraction: 0.1,
    evaluate: false,
    maxSteps: 100,
    runId,
    ...more,
  };
  const result = await train(options, {
    home,
    onEvent: (event) => {
      live.onEvent(event);
      onEvent(event);
    },
  });
  const beforeEnd = performance.now();
  const next = await live.finish();
  return { result, warnings, next, endMs: performance.now() - beforeEnd };
}

const wandbIn = (name: string) => new Wandb({ folder: join(folder, name), project: "p", entity: null });

test("a run that goes back is written anew, without the steps that it has left", async () => {
  const hot = {
    optimizer: "adam",
    learningRate: 3,
    warmupSteps: 130,
    gradientClipping: 0,
    checkpointEvery: 20,
    evalEvery: 15,
    maxSteps: 200,
    earlyStoppingPatience: 1000,
    onDivergence: "rewind",
  };
  const told: string[] = [];
  const { warnings } = await trainLive(
    wandbIn("hot"),
    "hot",
    hot,
    (event) => event.type === "warning" && told.push(event.message),
  );
  expect([warnings, told.join("\n")]).toEqual([[], containing("back from step")]);
  expect(only("hot").losses).toEqual(lossesOf("hot"));
});

test("files that cannot be written are one warning, and are whole when they can be", async () => {
  const place = join(folder, "full");
  writeFileSync(place, ""); // a file where the folder is to be
  const { result, warnings } = await trainLive(wandbIn("full"), "full", {}, (event) => {
    if (event.type === "step" && event.step === 70) rmSync(place);
  });
  expect(result.status).toBe("completed");
  expect(warnings).toEqual([containing("; the run goes on, and what is missing there is sent later")]);
  expect(only("full")).toMatchObject({ losses: lossesOf("full"), run: { exit: 0 } });
});

test("a file that another process has changed is written anew", async () => {
  const { warnings } = await trainLive(wandbIn("shared"), "shared", {}, (event) => {
    if (event.type === "step" && event.step === 70) appendFileSync(only("shared").path, "torn");
  });
  expect(warnings).toEqual([containing("was changed by another process; the run goes on")]);
  expect(only("shared").losses).toEqual(lossesOf("shared"));
});

test("a disk that hangs neither stops nor changes a run, and its end waits for it for a moment", async () => {
  const hangs: Tracker = { name: "wandb", open: () => new Promise(() => {}) };
  const { result, warnings, next, endMs } = await trainLive(hangs, "hangs", {}, () => {}, 300);
  expect([result.status, next]).toEqual(["completed", null]);
  expect(warnings).toEqual(["the tracker does not answer; what is missing there: trainer runs sync hangs --to wandb"]);
  expect(endMs).toBeLessThan(5000);
  await setTimeout(1);
});

test("what comes after a run's end is no part of a file that has ended", async () => {
  const sync = syncOf("ended", "one");
  await sync.send(never);
  const { run } = only("ended");
  const text = readFileSync(metricsOf("one"), "utf8");
  try {
    appendFileSync(metricsOf("one"), '{"step":98,"tokens":1,"train_loss":1}\n{"step":99,"tokens":1,"train_loss":1}\n');
    await expect(sync.send(never)).rejects.toThrow("goes on after its end");
    expect(only("ended").run).toEqual(run);
    await sync.send(never);
    expect(only("ended").steps.slice(-2)).toEqual([98, 99]);
  } finally {
    writeFileSync(metricsOf("one"), text);
  }
});

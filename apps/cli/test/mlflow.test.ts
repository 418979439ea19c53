import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { containing, freePort } from "@trainer/testing";
import { train, type RunEvent } from "@trainer/training";
import { LiveSync, Mlflow, RunSync } from "@trainer/trackers";
import { expect, test } from "vitest";
import { z } from "zod";
import { TINY } from "./corpus.js";
import { FakeMlflow, type Mode } from "./fake-mlflow.js";
import { trackedHome } from "./tracked-home.js";

const { folder, corpus, home, trainer, json, runOf, metricsOf, lossesOf } = await trackedHome();

const syncOf = (fake: FakeMlflow, id: string) =>
  new RunSync(new Mlflow({ url: fake.url, experiment: "e", authorization: null }), home, id);
const never = new AbortController().signal;

test("a run is sent as it is trained, and trained on, and sending it again sends nothing", async () => {
  await using fake = await FakeMlflow.start();
  const env = { MLFLOW_TRACKING_URI: `${fake.url}/`, MLFLOW_TRACKING_TOKEN: "secret" };
  const line = ["train", corpus, ...TINY, "--log-every", "2", "--run-id", "live", "--track", "mlflow"];
  expect(await trainer([...line, "--max-steps", "6"], { env })).toMatchObject({ code: 0 });
  expect(fake.experiments).toEqual(["model-trainer"]);
  expect(fake.authorization).toBe("Bearer secret");
  expect(fake.points("train/loss")).toEqual(lossesOf("live"));
  expect(fake.points("validation/best_loss").map(([step]) => step)).toEqual([6]);
  expect(fake.runs).toMatchObject([{ name: "live", status: "FINISHED" }]);
  expect(fake.runs[0]?.params.get("model_config.n_embd")).toBe("32");
  expect((await json(["runs", "sync", "live"], { env })).last).toEqual({ run_id: "live", figures: 0 });

  expect(await trainer(["resume", "live", "--max-steps", "10", "--track", "mlflow"], { env })).toMatchObject({
    code: 0,
  });
  expect(fake.points("train/loss")).toEqual(lossesOf("live"));
  expect(fake.points("train/loss")).toHaveLength(6);
  expect(fake.runs).toHaveLength(1);
});

test("runs sync sends runs that were trained without, with the times of their logs", async () => {
  await using fake = await FakeMlflow.start();
  fake.races = true;
  const env = { MLFLOW_TRACKING_URI: fake.url, MLFLOW_EXPERIMENT_NAME: "mine" };
  const { stdout } = await trainer(["runs", "sync", "one"], { env });
  expect(stdout).toMatch(/^one: \d+ figures sent\n$/);
  expect(fake.experiments).toEqual(["mine"]);
  expect(fake.points("train/loss")).toEqual(lossesOf("one"));
  const times = new Set(fake.runs[0]?.metrics.map(({ timestamp }) => timestamp));
  expect(Math.min(...times)).toBeGreaterThan(Date.now() - 600_000);
});

test("a run that lost its log, its end and its best is sent by the time that it began", async () => {
  await using fake = await FakeMlflow.start();
  const manifest = z
    .record(z.string(), z.unknown())
    .parse(JSON.parse(readFileSync(join(runOf("one"), "manifest.json"), "utf8")));
  mkdirSync(runOf("bare"));
  const started = "2026-01-01T00:00:00.000Z";
  const config = { "odd=name": "x".repeat(1000) };
  const bare = { ...manifest, status: "running", started_at: started, finished_at: null, best_val_loss: null, config };
  writeFileSync(join(runOf("bare"), "manifest.json"), JSON.stringify(bare));
  writeFileSync(metricsOf("bare"), '{"step":1,"tokens":2,"train_loss":3}\n{"step":2,"tok');
  expect(await syncOf(fake, "bare").send(never)).toBe(1);
  expect(fake.runs).toMatchObject([{ status: "KILLED", metrics: [{ step: 1, timestamp: Date.parse(started) }] }]);
  expect([...(fake.runs[0]?.params ?? [])]).toEqual([["odd_name", "x".repeat(500)]]);
  writeFileSync(join(runOf("bare"), "manifest.json"), "{");
  await expect(syncOf(fake, "bare").send(never)).rejects.toThrow("is not a run's manifest");
});

const OTHERWISE = [
  ["fail", "answers 500"],
  ["lie", "with what MLflow would not say"],
  ["empty", "answers 204"],
  ["endless", "an answer of more than 4194304 bytes"],
  ["lose", "does not answer: other side closed"],
] as const satisfies readonly [Mode, string][];

test.each(OTHERWISE)("a server that answers with %s is named, and gets all when it is well", async (mode, message) => {
  await using fake = await FakeMlflow.start();
  const sync = syncOf(fake, "one");
  fake.mode = mode;
  await expect(sync.send(never)).rejects.toThrow(message);
  fake.mode = "ok";
  await sync.send(never);
  expect(fake.points("train/loss")).toEqual(lossesOf("one"));
});

test("an answer that was lost on its way leads to no figure twice", async () => {
  await using fake = await FakeMlflow.start();
  const sync = syncOf(fake, "one");
  const text = readFileSync(metricsOf("one"), "utf8");
  try {
    writeFileSync(metricsOf("one"), text.slice(0, text.indexOf("\n") + 1));
    await sync.send(never);
    writeFileSync(metricsOf("one"), text);
    fake.mode = "lose";
    await expect(sync.send(never)).rejects.toThrow("does not answer");
    fake.mode = "ok";
    await sync.send(never);
    expect(fake.points("train/loss")).toEqual(lossesOf("one"));
  } finally {
    writeFileSync(metricsOf("one"), text);
  }
});

test("a refusal is told in the server's words, and a server that is not there by its address", async () => {
  await using fake = await FakeMlflow.start();
  const sync = syncOf(fake, "one");
  await sync.send(never);
  fake.runs.length = 0;
  appendFileSync(metricsOf("one"), '{"step":99,"tokens":1,"train_loss":1}\n');
  await expect(sync.send(never)).rejects.toThrow("answers 404: RESOURCE_DOES_NOT_EXIST: no: RESOURCE_DOES_NOT_EXIST");
  const refused = { MLFLOW_TRACKING_URI: fake.url, MLFLOW_EXPERIMENT_NAME: "refused" };
  const refusal = await trainer(["runs", "sync", "one"], { env: refused });
  expect(refusal.stderr).toContain("answers 400: INVALID_PARAMETER_VALUE");
  const url = `http://127.0.0.1:${await freePort()}`;
  const env = { MLFLOW_TRACKING_URI: url };
  const { code, stderr } = await trainer(["runs", "sync", "one"], { env });
  expect([code, stderr]).toEqual([1, containing(`${url} does not answer: `)]);
});

test("what cannot be sent is told beside the progress of the training, with the command that sends it", async () => {
  await using fake = await FakeMlflow.start();
  fake.mode = "fail";
  const line = ["train", corpus, ...TINY, "--max-steps", "4", "--run-id", "unsent", "--track", "mlflow"];
  const { code, stderr, stdout } = await trainer(line, { env: { MLFLOW_TRACKING_URI: fake.url } });
  expect([code, stdout]).toEqual([0, containing("Done: 4 steps")]);
  expect(stderr).toContain(`answers 500; what is missing there: trainer runs sync unsent --to mlflow --home ${home}`);
});

/** For what is left at a run's end, where a server takes it: also on a busy machine. */
const AT_LAST_MS = 60_000;

/** A training whose figures go to a server at a quick pace. */
async function trainLive(
  fake: FakeMlflow,
  runId: string,
  more: object = {},
  onEvent: (event: RunEvent) => void = () => {},
) {
  const warnings: string[] = [];
  const live = new LiveSync(
    (id) => syncOf(fake, id),
    (line) => warnings.push(line),
    { everyMs: 5, afterFailureMs: 10, flags: " --home h" },
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
    maxSteps: 200,
    runId,
    ...more,
  };
  const began = performance.now();
  const result = await train(options, {
    home,
    onEvent: (event) => {
      live.onEvent(event);
      onEvent(event);
    },
  });
  const seconds = (performance.now() - began) / 1000;
  const beforeEnd = performance.now();
  await live.finish(fake.mode === "ok" ? AT_LAST_MS : 300);
  return { result, warnings, seconds, endMs: performance.now() - beforeEnd };
}

test.each(["hang", "fail", "lie", "endless"] as const)(
  "a server that answers with %s neither stops nor changes a run, and what it lacks is sent later",
  async (mode) => {
    await using fake = await FakeMlflow.start();
    fake.mode = mode;
    const { result, warnings, endMs } = await trainLive(fake, mode);
    expect(result.status).toBe("completed");
    expect(warnings.at(-1)).toContain(`; what is missing there: trainer runs sync ${mode} --home h`);
    expect(warnings.length).toBeLessThanOrEqual(2);
    expect(endMs).toBeLessThan(5000);
    fake.mode = "ok";
    await syncOf(fake, mode).send(never);
    expect(fake.points("train/loss")).toEqual(lossesOf(mode));
    expect(lossesOf(mode)).toHaveLength(200);
  },
);

test("a server that is away for a while is one warning, and has all at the end", async () => {
  await using fake = await FakeMlflow.start();
  fake.mode = "fail";
  const { warnings } = await trainLive(fake, "away", {}, (event) => {
    if (event.type === "step" && event.step === 150) fake.mode = "ok";
  });
  expect(warnings).toEqual([containing("answers 500; the run goes on, and what is missing there is sent later")]);
  expect(fake.points("train/loss")).toEqual(lossesOf("away"));
});

test("of a run that goes back both ways are sent, each step once", async () => {
  await using fake = await FakeMlflow.start();
  const hot = {
    optimizer: "adam",
    learningRate: 3,
    warmupSteps: 130,
    gradientClipping: 0,
    checkpointEvery: 20,
    evalEvery: 15,
  };
  const told: string[] = [];
  const options = { ...hot, earlyStoppingPatience: 1000, onDivergence: "rewind" };
  const { warnings } = await trainLive(
    fake,
    "hot",
    options,
    (event) => event.type === "warning" && told.push(event.message),
  );
  expect(warnings).toEqual([]);
  expect(told.join("\n")).toContain("back from step");
  const steps = fake.points("train/loss").map(([step]) => step);
  expect(steps.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
});

test("a run that fails before its first step is sent as failed; one that never began is not", async () => {
  await using fake = await FakeMlflow.start();
  await expect(trainLive(fake, "bad", { corpus: join(folder, "none.txt") })).rejects.toThrow("none.txt");
  expect(fake.asked).toBe(0);
  const live = new LiveSync(
    (id) => syncOf(fake, id),
    () => {},
  );
  await live.finish();
  await setTimeout(1);
  expect(fake.asked).toBe(0);
});

test.each([
  [{}, "MLFLOW_TRACKING_URI is not set"],
  [{ MLFLOW_TRACKING_URI: "sqlite:///mlflow.db" }, "and is sqlite:"],
  [{ MLFLOW_TRACKING_URI: "nowhere" }, "and is none"],
])("settings that name no server are refused before anything is trained: %j", async (env, message) => {
  const line = ["train", corpus, ...TINY, "--run-id", "unset", "--track", "mlflow"];
  expect(await trainer(line, { env })).toMatchObject({ code: 2, stderr: containing(message) });
  expect((await trainer(["runs", "show", "unset"])).code).toBe(1);
});

test.each([
  ["http://me:pa%3Ass@HOST/base/", {}, "me:pa:ss"],
  ["http://HOST", { MLFLOW_TRACKING_USERNAME: "you", MLFLOW_TRACKING_PASSWORD: "secret" }, "you:secret"],
  ["http://HOST", { MLFLOW_TRACKING_USERNAME: "you" }, "you:"],
])("names and passwords go as MLflow's own clients send them: %s %j", async (address, more, credentials) => {
  await using fake = await FakeMlflow.start();
  const env = { MLFLOW_TRACKING_URI: address.replace("HOST", new URL(fake.url).host), ...more };
  await trainer(["runs", "sync", "one"], { env });
  expect(fake.authorization).toBe(`Basic ${Buffer.from(credentials).toString("base64")}`);
});

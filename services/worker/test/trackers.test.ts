import { existsSync } from "node:fs";
import { join } from "node:path";
import { RunId, type TrainSettings } from "@trainer/platform";
import { containing, freePort, loggedLosses, matching } from "@trainer/testing";
import { request, startSystem, USER, type System } from "@trainer/testing/system";
import { wandbFile, wandbFiles } from "@trainer/testing/wandb-reader";
import type { TrackerSettings } from "@trainer/trackers";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startChild } from "./child.js";

let system: System;
let away: TrackerSettings;
beforeAll(async () => {
  system = await startSystem();
  const url = `http://127.0.0.1:${await freePort()}`; // where nobody is
  away = { name: "mlflow", url, experiment: "e", authorization: null };
});
afterAll(() => system[Symbol.asyncDispose]());

const filesFor = (name: string): TrackerSettings => ({
  name: "wandb",
  folder: join(system.root, name),
  project: "p",
  entity: null,
});

function training(runId: string, trackers: readonly TrackerSettings[], fields: Partial<TrainSettings> = {}) {
  const child = startChild({ ...system.input, trackers: [...trackers] });
  const run = { runId: RunId.parse(runId), userId: String(USER), request: request(fields) };
  child.say({ type: "train", ...run, fence: 1, lastReported: null });
  return child;
}

async function trained(runId: string, trackers: readonly TrackerSettings[]) {
  const heard = await training(runId, trackers).toEnd();
  return heard.flatMap((each) => (each.type === "log" && each.fields["event"] === "tracker_failed" ? [each] : []));
}

const losses = (runId: string) =>
  loggedLosses(join(system.root, "archived", `${runId}.metrics.jsonl`)).map(({ step, loss }) => [step, loss]);

const only = (name: string) => {
  const [path = "", ...others] = wandbFiles(join(system.root, name));
  expect(others).toEqual([]);
  const run = wandbFile(path);
  const rows = run.rows.filter((row) => row["train/loss"] !== undefined);
  return { run, losses: rows.map((row) => [row["_step"], row["train/loss"]]) };
};

test("a training's figures are sent as the worker is told to, and a tracker that is away is told of in its log", async () => {
  const warned = await trained("one", [filesFor("files"), away]);
  expect(existsSync(join(system.root, "models", "one"))).toBe(false); // cleaned away, after all was sent
  expect(only("files")).toMatchObject({ losses: losses("one"), run: { name: "one", project: "p", exit: 0 } });
  expect(only("files").run.config).toMatchObject({ seed: 7 });
  expect(only("files").run.config).not.toHaveProperty("user_id");
  expect(warned.at(-1)).toMatchObject({
    level: "warn",
    message: matching(/^http:.* does not answer: .*; what is missing there: trainer runs sync one --to mlflow$/),
    fields: { run_id: "one", kind: "mlflow" },
  });
});

test("what an earlier process has trained and not sent is sent by the next", async () => {
  const child = training("two", []);
  await child.until("trained");
  expect(await trained("two", [filesFor("later")])).toEqual([]);
  expect(only("later")).toMatchObject({ losses: losses("two"), run: { exit: 0 } });
});

test("a run that is stopped, and one that fails, are sent as far as they came", async () => {
  const child = training("cut", [filesFor("cut")], { num_epochs: 1000 });
  await child.until("update");
  await vi.waitFor(() => expect(child.heard.some((each) => each.type === "steps")).toBe(true));
  child.say({ type: "stop" });
  await child.until("stopped");
  expect(only("cut").run.exit).toBe(255);

  const broken = training("bad", [filesFor("bad")], { learning_rate: 1e30, optimizer: "sgd", gradient_clipping: 0 });
  await vi.waitFor(() => expect(broken.heard.some((each) => each.type === "failed")).toBe(true));
  expect(only("bad").run).toMatchObject({ exit: 1, name: containing("bad") });
});

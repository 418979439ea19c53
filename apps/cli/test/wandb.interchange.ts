import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { aNumber, loggedLosses } from "@trainer/testing";
import { pythonProgram } from "@trainer/testing/python-program";
import { wandbFiles } from "@trainer/testing/wandb-reader";
import { expect, test } from "vitest";
import { z } from "zod";
import { commandLine } from "./command-line.js";
import { corpusFolder, TINY } from "./corpus.js";
import { WandbServer } from "./wandb-server.js";

const run = promisify(execFile);
const BIN = fileURLToPath(new URL("../bin/trainer.js", import.meta.url));
const Row = z.object({ _step: z.int(), "train/loss": z.number().optional() });
const Shown = z.looseObject({ state: z.string(), summary: z.record(z.string(), z.unknown()) });

test("W&B's own programs show and send a run that was killed, resumed and trained on: each step once", async (context) => {
  const wandb = await pythonProgram("wandb==0.31.0", "wandb");
  if ("missing" in wandb) return context.skip(wandb.missing);
  const { folder, corpus } = await corpusFolder();
  const home = join(folder, "home");
  const { trainer } = commandLine(() => home);
  const options = ["--log-every", "1", "--checkpoint-every", "20", "--early-stopping-patience", "100000"];
  const line = ["train", corpus, ...TINY, ...options, "--max-steps", "5000", "--run-id", "one", "--track", "wandb"];
  const metrics = join(home, "models", "one", "metrics.jsonl");

  const killed = spawn(process.execPath, [BIN, ...line, "--home", home], { stdio: "ignore" });
  const steps = () => (existsSync(metrics) ? readFileSync(metrics, "utf8").split("\n").length : 0);
  const isWritten = () => existsSync(join(home, "wandb")) && readFileSync(wandbFiles(home)[0] ?? metrics).length > 9000;
  while (steps() < 50 || !isWritten()) await setTimeout(20);
  killed.kill("SIGKILL");
  await once(killed, "close");
  const [path = ""] = wandbFiles(home);
  const env = { ...process.env, WANDB_API_KEY: "a".repeat(40), WANDB_DIR: folder, WANDB_CACHE_DIR: folder };

  await using server = await WandbServer.start();
  const sync = () =>
    run(wandb.path, ["sync", join(path, "..")], { env: { ...env, WANDB_BASE_URL: server.url }, cwd: folder });
  const sent = () => [...server.runs.values()];
  const losses = () => sent().flatMap(({ history }) => [...history.values()].map((row) => Row.parse(row)));
  const expected = () => loggedLosses(metrics).map(({ step, loss }) => [step, loss]);
  const shown = () =>
    losses().flatMap((row) => (row["train/loss"] === undefined ? [] : [[row._step, row["train/loss"]]]));

  await sync(); // while the file has no end
  expect(shown()).toEqual(expected().slice(0, shown().length));
  expect(shown().length).toBeGreaterThan(20);

  const further = await trainer(["resume", "one", "--max-steps", String(steps() + 60), "--track", "wandb"]);
  expect(further).toMatchObject({ code: 0 });
  await sync();
  expect(shown()).toEqual(expected());
  expect(sent()).toMatchObject([{ displayName: "one", project: "model-trainer", exit: 0 }]);

  const { stdout } = await run(wandb.path, ["leet", "inspect", "--summary", "--json", path], { env });
  expect(Shown.parse(JSON.parse(stdout))).toMatchObject({
    state: "finished",
    summary: { "train/loss": expected().at(-1)?.[1], "test/loss": aNumber },
  });
});

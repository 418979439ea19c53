import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { keys } from "@trainer/platform";
import { containing } from "@trainer/testing";
import { startSystem, type System } from "@trainer/testing/system";
import { expect, test } from "vitest";

const REAL = fileURLToPath(new URL("../dist/child/main.js", import.meta.url));

/** A child that trains, but sends for some runs, named after it, what nobody understands. */
function child(system: System) {
  const module = join(system.root, "garbage.mjs");
  const garbage = `{
    "no-object": "told",
    "no-type": { told: {} },
    "wrong-type": { type: "update", update: { kind: "step", at: "now" } },
    "missing-field": { type: "sent", fileId: "f" },
    "not-plain": new Map([["type", "trained"]]),
    "large": { type: "failed", failure: { code: "JOB_FAILED", failureClass: "FATAL", message: "x".repeat(100e6) } },
  }`;
  const listen = `const emit = process.emit.bind(process);
  process.emit = (event, ...args) => {
    const garbage = ${garbage};
    if (event === "message" && args[0].runId in garbage) process.send(garbage[args[0].runId]);
    return emit(event, ...args);
  };`;
  writeFileSync(module, `${listen}\nawait import(${JSON.stringify(REAL)});`);
  return { module, execArgv: [] };
}

test("a process that sends garbage fails its own run, and a training beside it goes on", async () => {
  await using system = await startSystem();
  await using _worker = await system.startWorker({ trainings: 2 }, { child: child(system) });
  await system.train("beside", { num_epochs: 4000, early_stopping_patience: 4000 });
  await system.until("beside", ({ training }) => training !== null);
  for (const runId of ["no-object", "no-type", "wrong-type", "missing-field", "not-plain", "large"]) {
    await system.train(runId);
    const error = containing("what cannot be understood");
    expect(await system.ended(runId)).toMatchObject({ status: "failed", error });
  }
  const step = (await system.runs.get("beside"))?.training?.step ?? 0;
  await system.until("beside", ({ training }) => (training?.step ?? 0) > step);
  await system.runs.requestCancel("beside");
  expect(await system.ended("beside")).toMatchObject({ message: "Training cancelled" });
});

test("where Redis refuses what a training's process asks for, that run fails, and may be tried again", async () => {
  await using system = await startSystem();
  await using _worker = await system.startWorker({}, { child: child(system), pace: { cancel: 60_000 } });
  await system.train("refused", { num_epochs: 20, early_stopping_patience: 20 });
  await system.until("refused", ({ training }) => training !== null);
  await system.redis.hset(keys.cancelled("refused"), "not", "a flag"); // reading it as one is an error
  const error = containing("could not be kept: ReplyError: WRONGTYPE");
  expect(await system.ended("refused")).toMatchObject({ status: "failed", error });
});

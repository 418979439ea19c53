import { join } from "node:path";
import { containing } from "@trainer/testing";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { readManifest } from "@trainer/training/files";
import { startRemote, type Remote } from "./remote-system.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let remote: Remote;
beforeAll(async () => {
  remote = await startRemote({ cancel: 50 });
  await remote.system.train("short", { max_steps: 10, keep_files: true });
  await remote.system.ended("short");
});
afterAll(() => remote[Symbol.asyncDispose]());

test("a completed run of a server is trained on, and watched, by the command that trains one of this machine on", async () => {
  const { system, trainer, json, on } = remote;
  const { code, last } = await json(on("resume", "short", "--max-steps", "16"));
  expect([code, last]).toMatchObject([0, { status: "completed", step: 16, total_steps: 16 }]);
  expect((await json(on("resume", "short", "--num-epochs", "1", "--max-steps", "9"))).code).toBe(2);
  const both = await trainer(on("resume", "short", "--max-steps", "20", "--for", "2s"));
  expect(both).toMatchObject({ code: 2, stderr: containing("each says where the run ends; give one of them") });
  const behind = await trainer(on("resume", "short", "--max-steps", "12"));
  expect(behind).toMatchObject({
    code: 1,
    stderr: containing("it has done 16 steps already, and was to end after 12"),
  });
  expect((await json(on("resume", "short", "--for", "1s"))).last).toMatchObject({ status: "completed" });
  const manifest = await readManifest(join(system.root, "models", "short", "manifest.json"));
  expect(manifest?.parts.map(({ until_step: step }) => step)).toEqual([10, 16]);
  expect(manifest?.steps).toBeGreaterThan(16);
});

test("where it is not trained on after all, the command says why, and the run stays as it was", async () => {
  const { system, trainer, on } = remote;
  await system.train("ahead", { num_epochs: 100_000, early_stopping_patience: 100_000 });
  await system.until("ahead", ({ training }) => training !== null);
  const resumed = trainer(on("resume", "short", "--max-steps", "5000"));
  await system.until("short", ({ status }) => status === "queued");
  await system.runs.requestCancel("short");
  expect(await resumed).toMatchObject({ code: 1, stderr: containing("run short stays as it was: Training cancelled") });
  await system.runs.requestCancel("ahead");
  await system.ended("ahead");
  expect((await trainer(on("generate", "short", "--prompt", "the", "--max-new-tokens", "3"))).code).toBe(0);
});

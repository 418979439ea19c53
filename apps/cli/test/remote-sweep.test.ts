import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TrainerClient } from "@trainer/client";
import { containing } from "@trainer/testing";
import { startWorker } from "@trainer/worker";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { EXIT } from "../src/process/exit-codes.js";
import { Stopped } from "../src/process/interrupts.js";
import { startRemote, type Remote } from "./remote-system.js";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const PROGRAM = fileURLToPath(new URL("../bin/trainer.js", import.meta.url));
const TINY =
  "--model char_lstm --size tiny --document line --max-seq-len 32 --batch-size 8 --holdout-fraction 0.1 --no-evaluate".split(
    " ",
  );

let remote: Remote;
beforeAll(async () => {
  remote = await startRemote({ cancel: 50 }); // which removes what is completed, unless it is to be kept
});
afterAll(() => remote[Symbol.asyncDispose]());

const Swept = z.object({
  sweep_id: z.string(),
  trials: z.array(
    z.object({
      run_id: z.string(),
      settings: z.record(z.string(), z.unknown()),
      part: z.number(),
      bits_per_byte: z.number().nullable(),
      loss: z.number().nullable(),
      failure: z.string().nullable(),
      validations: z.array(z.object({ step: z.int(), loss: z.number() })),
    }),
  ),
});
const sweepLine = (id: string, steps: number, ...more: string[]) => [
  "sweep",
  remote.corpus,
  ...TINY,
  "--max-steps",
  String(steps),
  "--sweep-id",
  id,
  ...more,
];
const VARY = ["--vary", "learning-rate=0.0001,0.001,0.01,0.03"];
const runsThere = async () => await remote.system.redis.zcard("trainer:runs");

test("a sweep on a server comes to what the same sweep comes to on this machine, by runs of the server", async () => {
  const { json, on } = remote;
  const before = await runsThere();
  const { code, last, stderr } = await json(on(...sweepLine("there", 12, ...VARY)));
  expect([code, stderr]).toEqual([0, containing("4 trials, 1 at a time")]);
  const there = Swept.parse(last);
  expect(there.trials.map(({ part }) => part)).toEqual([1, 1, 1 / 3, 1 / 3]);
  expect((await runsThere()) - before).toBe(4);
  const here = Swept.parse((await json([...sweepLine("here", 12, ...VARY), "--threads", "1"])).last);
  const figures = ({ trials }: z.output<typeof Swept>) =>
    trials.map(({ settings, part, validations }) => ({ settings, part, validations }));
  expect(figures(there)).toEqual(figures(here));
  const again = await json(on(...sweepLine("there", 12, ...VARY)));
  expect(Swept.parse(again.last)).toEqual(there);
  expect((await runsThere()) - before).toBe(4);
});

const State = z.looseObject({ trials: z.array(z.looseObject({ remote_id: z.string().optional() })) });
const sentIn = (id: string) => {
  if (!existsSync(join(remote.system.root, "sweeps", `${id}.json`))) return [];
  const { trials } = State.parse(JSON.parse(readFileSync(join(remote.system.root, "sweeps", `${id}.json`), "utf8")));
  return trials.flatMap(({ remote_id: run }) => (run === undefined ? [] : [run]));
};

test("killed in the middle and begun again, with two workers, it trains no trial twice", async () => {
  const { system, json, on } = remote;
  await using _second = await startWorker(system.input, { pace: { cancel: 50 } });
  const before = await runsThere();
  const line = on(...sweepLine("killed", 240, ...VARY, "--home", system.root));
  for (const sent of [1, 3]) {
    const command = spawn(process.execPath, [PROGRAM, ...line, "--json"], { stdio: "ignore" });
    const gone = once(command, "exit");
    await vi.waitUntil(() => sentIn("killed").length >= sent, { interval: 20 });
    command.kill("SIGKILL");
    await gone;
  }
  const { code, last, stderr } = await json(line);
  expect([code, stderr]).toEqual([0, containing("4 trials, 2 at a time")]);
  const { trials } = Swept.parse(last);
  expect(trials.map(({ part }) => part)).toEqual([1, 1, 1 / 3, 1 / 3]);
  expect(trials.map(({ validations }) => validations.map(({ step }) => step))).toEqual([
    ...[1, 2].map(() => [80, 160, 240]),
    ...[3, 4].map(() => [80]),
  ]);
  expect((await runsThere()) - before).toBe(4);
  expect(new Set(sentIn("killed"))).toEqual(new Set(trials.map(({ run_id: id }) => id)));
});

test("stopped, it says what goes on without it; a trial that was cancelled is dropped, and taken up by the next command", async () => {
  const { system, trainer, json, on } = remote;
  const line = on(...sweepLine("stopped", 600, ...VARY, "--at-once", "2"));
  const stop = new AbortController();
  const stopped = trainer(line, { interruptible: (body) => body(stop.signal) });
  await vi.waitUntil(() => sentIn("stopped").length === 2, { interval: 20 });
  const sent = sentIn("stopped");
  const begun = async (id: string) => {
    await system.until(id, ({ training }) => training !== null);
    return id;
  };
  const first = await Promise.race(sent.map(begun)); // both were sent at once
  const second = sent.find((id) => id !== first) ?? "";
  stop.abort(new Stopped("SIGINT", EXIT.interrupted));
  const { code, stderr } = await stopped;
  expect(code).toBe(EXIT.interrupted);
  for (const each of [`${first} (running)`, `${second} (queued)`]) expect(stderr).toContain(each);
  expect(stderr).toContain(`To stop it: trainer cancel ${second} --server ${remote.url}`);
  expect(stderr).toContain("The same command goes on with the sweep.");

  await system.ended(first);
  const going = json(line);
  await begun(second);
  await system.runs.requestCancel(second);
  const dropped = Swept.parse((await going).last).trials.at(-1);
  expect(dropped).toMatchObject({ run_id: second, failure: "Training cancelled", part: 0 });
  const { trials } = Swept.parse((await json(line)).last);
  expect(trials.map(({ failure }) => failure)).toEqual([null, null, null, null]);
  expect(trials.find(({ run_id: id }) => id === second)?.part).toBeGreaterThan(0);
});

test("a trial whose loss diverges is last, one that was removed is not trained again, and another failure ends the sweep", async () => {
  const { json, trainer, on } = remote;
  const line = on(...sweepLine("broken", 6, "--vary", "learning-rate=1e30,0.001,0.01"));
  const { trials } = Swept.parse((await json(line)).last);
  expect(trials[2]).toMatchObject({ settings: { learning_rate: 1e30 }, part: 0, failure: containing("loss") });
  expect(trials.map(({ part }) => part)).toEqual([1, 1 / 3, 0]);
  await trainer(on("runs", "rm", String(trials[0]?.run_id)));
  const again = Swept.parse((await json(line)).last);
  expect(again.trials.map(({ part }) => part)).toEqual([1, 0, 0]);
  expect(again.trials.map(({ failure }) => failure)).toContain("its run is not on the server any more");

  vi.spyOn(TrainerClient.prototype, "metrics").mockRejectedValueOnce(new Error("the line was cut"));
  expect(await trainer(line)).toMatchObject({
    code: 1,
    stderr: containing("The same command goes on with the sweep."),
  });
  const failed = await trainer(on(...sweepLine("failing", 6, ...VARY, "--tokenizer", "tok-none")));
  expect(failed).toMatchObject({ code: 1, stderr: containing("failed: ") });
  expect(failed.stderr).toContain("The same command goes on with the sweep.");
});

test("by a time, its trials are as long as the server's workers allow; and what it cannot be asked is refused", async () => {
  const { trainer, json, on } = remote;
  const corpus = join(remote.system.root, "unseen.txt"); // no worker has fetched it
  writeFileSync(corpus, `${readFileSync(remote.corpus, "utf8")}and a line of its own\n`);
  const rates = ["--vary", "learning-rate=0.001,0.01"];
  const timed = on("sweep", corpus, ...TINY, ...rates, "--for", "3s");
  const { trials } = Swept.parse((await json(timed)).last);
  expect(trials.map(({ part }) => part)).toEqual([1, 1]);
  const byEpochs = on("sweep", corpus, ...TINY, ...rates, "--num-epochs", "1", "--device", "cpu");
  expect(Swept.parse((await json(byEpochs)).last).trials).toHaveLength(2);

  const refused = async (...line: string[]) => (await trainer(line)).stderr;
  expect(await refused(...on("sweep", "a.txt"))).toContain(
    "say what to vary: trainer sweep a.txt --vary learning-rate=",
  );
  expect(await refused(...on("sweep", corpus, ...VARY, "--threads", "2"))).toContain(
    "--threads: a server does not take it",
  );
  expect(await refused("sweep", corpus, ...VARY, "--at-once", "2")).toContain("--at-once is for a sweep with --server");
  expect(await refused(...on("sweep", corpus, ...VARY, ...VARY))).toContain("an option is named twice");
  const unsent = await refused(...on("sweep", corpus, ...TINY, ...rates, "--sweep-id", "there"));
  expect(unsent).toContain("there is a sweep there of other trials");
  expect(unsent).not.toContain("goes on with the sweep");
});

import { getEventListeners } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { logOptions, RunId, TrainSettings } from "@trainer/platform";
import { scratchPath, withFields } from "@trainer/testing";
import { pino } from "pino";
import { expect, test, vi } from "vitest";
import type { FromChild } from "../child/messages.js";
import { WorkerConfig } from "../config.js";
import { Child } from "./child.js";
import { CpuTime } from "./cpu-time.js";
import { crashOf } from "./crash.js";
import { oomKills } from "./oom-kills.js";
import { RestartBackoff } from "./restart-backoff.js";
import { Stop, type StopCause } from "./stop.js";

const ended = { code: null, signal: null, oom: false, hung: false } as const;

test.each([
  [{ ...ended, code: 3 }, "the process that did it ended with code 3"],
  [ended, "the process that did it ended with code none: it could not be started"],
  [{ ...ended, signal: "SIGSEGV", oom: true }, "the process that did it was killed by SIGSEGV"],
  [{ ...ended, signal: "SIGKILL" }, "the process that did it was killed by SIGKILL"],
] as const)("a process that ended as %o is told to have crashed", (how, message) => {
  expect(crashOf(how, "did it")).toEqual({ code: "JOB_FAILED", failureClass: "FATAL", message });
});

test("one that the kernel killed for memory is told so, with what to do, and is not tried again", () => {
  const failure = crashOf({ ...ended, signal: "SIGKILL", oom: true }, "did it");
  expect(failure).toMatchObject({ code: "TRAINING_OOM", failureClass: "USER_INPUT" });
  expect(failure.message).toContain("a smaller batch");
  expect(new RestartBackoff().after(failure)).toBeNull();
});

test("one that gave no sign of life may do better another time", () => {
  expect(crashOf({ ...ended, signal: "SIGKILL", hung: true }, "did it")).toEqual({
    code: "TIMEOUT",
    failureClass: "TRANSIENT",
    message: "the process that did it gave no sign of life any more, and was ended",
  });
});

test("each crash is waited for longer than the one before, until it is enough; getting on forgives them", () => {
  const patience = new RestartBackoff();
  const crash = crashOf(ended, "did it");
  expect([1, 2, 3, 4].map(() => patience.after(crash))).toEqual([100, 1000, 4000, null]);
  patience.forgive();
  expect(patience.after(crash)).toBe(100);
});

test("kills for memory are counted where the kernel tells of them", () => {
  const dir = scratchPath("oom");
  const file = (name: string, text: string) => {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  };
  const events = file("memory.events", "low 0\noom 3\noom_kill 2\noom_group_kill 0\n");
  const vmstat = file("vmstat", "nr_free_pages 7\noom_kill 5\n");
  expect(oomKills([events, vmstat, file("old", "nr_free_pages 7\n"), join(dir, "none")])).toBe(7);
  expect(oomKills()).toBeGreaterThanOrEqual(0);
});

test("the first cause to stop is the one that counts, and whoever waits for it hears of it once", () => {
  const [drained, cancelled, early] = [new AbortController(), new AbortController(), AbortSignal.abort()];
  const heard: StopCause[] = [];
  const stop = new Stop().on(drained.signal, "drained").on(cancelled.signal, "cancelled");
  stop.whenStopped((cause) => heard.push(cause));
  stop.whenStopped((cause) => heard.push(cause))[Symbol.dispose]();
  expect([stop.cause, stop.signal.aborted]).toEqual([null, false]);
  cancelled.abort();
  drained.abort();
  expect([stop.cause, stop.signal.aborted, heard]).toEqual(["cancelled", true, ["cancelled"]]);
  expect(new Stop().on(early, "timeout").cause).toBe("timeout");
});

test("what one run listened to is listened to no longer when it is over", () => {
  const drained = new AbortController();
  const heard: StopCause[] = [];
  {
    using stop = new Stop().on(drained.signal, "drained");
    stop.whenStopped((cause) => heard.push(cause));
  }
  expect(getEventListeners(drained.signal, "abort")).toEqual([]);
  drained.abort();
  expect(heard).toEqual([]);
});

test("what is said to a process that has gone is lost, and nothing else happens", async () => {
  const module = join(scratchPath("gone"), "gone.mjs");
  writeFileSync(module, "process.exit(4);");
  const config = WorkerConfig.parse({ redisUrl: "", artifactsRoot: "a", dataRoot: "b" });
  const child = new Child({ module, execArgv: [] }, config);
  expect(await child.ended).toMatchObject({ code: 4, signal: null });
  child.say({ type: "stop" });
  expect(child.killed).toBe(false);
});

test("a process that says what cannot be understood fails alone", async () => {
  const module = join(scratchPath("strange"), "strange.mjs");
  writeFileSync(module, 'process.send({ type: "update", update: { kind: "step" } }); setInterval(() => {}, 1000);');
  const config = WorkerConfig.parse({ redisUrl: "", artifactsRoot: "a", dataRoot: "b" });
  const said: FromChild[] = [];
  const child = new Child({ module, execArgv: [] }, config);
  child.employ((message) => said.push(message));
  expect(await child.ended).toMatchObject({ signal: "SIGKILL" });
  expect(said).toMatchObject([{ type: "failed", failure: { code: "INTERNAL_ERROR", failureClass: "FATAL" } }]);
  expect(child.killed).toBe(false); // waiters get an error that it crashed
});

test("what a process has for the log gets there with its process id and its run, and what it merely writes too", async () => {
  const module = join(scratchPath("logging"), "logging.mjs");
  const record = { type: "log", level: "info", message: "an epoch", fields: { event: "run_eval", loss: 0.5 } };
  const lines = `console.log("from a library"); process.stderr.write("x".repeat(5000) + "\\n");`;
  writeFileSync(module, `process.send(${JSON.stringify(record)}, () => { ${lines} process.disconnect(); });`);
  const config = WorkerConfig.parse({ redisUrl: "", artifactsRoot: "a", dataRoot: "b" });
  const written: unknown[] = [];
  const log = pino(logOptions("worker", "info"), { write: (line) => void written.push(JSON.parse(line)) });
  const child = new Child({ module, execArgv: [] }, config, { log });
  const about = { type: "train", userId: "0", fence: 1, lastReported: null } as const;
  const request = TrainSettings.parse({ corpus_path: "corpus.txt" });
  child.say({ ...about, runId: RunId.parse("r"), request });
  await vi.waitUntil(() => written.length === 3);
  const of = { pid: child.pid, run_id: "r", service: "worker" };
  expect(written).toContainEqual(
    withFields({ ...of, message: "an epoch", event: "run_eval", loss: 0.5, level: "INFO" }),
  );
  expect(written).toContainEqual(withFields({ ...of, message: "from a library", event: "child_output" }));
  expect(written).toContainEqual(withFields({ ...of, message: "x".repeat(2000), event: "child_output" }));
});

test("whether a process has computed is told where it can be seen", () => {
  const own = new CpuTime(process.pid);
  expect(own.exceeds(0)).toBe(true);
  for (const end = performance.now() + 200; performance.now() < end;);
  expect(own.exceeds(0)).toBe(true);
  expect(own.exceeds(60)).toBe(false);
  expect(new CpuTime(2 ** 30).exceeds(60)).toBe(true); // nobody sees that it does not
});

const silent = (name: string, text: string) => {
  const module = join(scratchPath(name), `${name}.mjs`);
  writeFileSync(module, text);
  const config = WorkerConfig.parse({ redisUrl: "", artifactsRoot: "a", dataRoot: "b" });
  return new Child({ module, execArgv: [] }, config, { lifeMs: 300 });
};

test("a process that neither says anything nor computes is ended; one that does either is not", async () => {
  const idle = silent("idle", "setInterval(() => {}, 1000);");
  const busy = silent("busy", "setTimeout(() => process.exit(5), 3000); for (;;) await new Promise(setImmediate);");
  const talking = silent(
    "talking",
    'setTimeout(() => process.exit(6), 3000); setInterval(() => process.send({ type: "alive" }), 100);',
  );
  expect(await idle.ended).toMatchObject({ signal: "SIGKILL", hung: true });
  expect(await busy.ended).toMatchObject({ code: 5, hung: false });
  expect(await talking.ended).toMatchObject({ code: 6, hung: false });
});

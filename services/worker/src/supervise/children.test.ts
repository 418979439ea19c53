import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { expect, test, vi } from "vitest";
import { WorkerConfig } from "../config.js";
import { Child } from "./child.js";
import { Children } from "./children.js";

const NEVER = 60_000;
const config = WorkerConfig.parse({ redisUrl: "", artifactsRoot: "a", dataRoot: "b" });
const ignore = () => {};

/** Children that answer `ready` once they are spoken to, and all that were started. */
function children(idleMs: number) {
  const module = join(scratchPath("children"), "child.mjs");
  writeFileSync(module, 'process.on("message", ({ type }) => type === "clean" && process.send({ type: "done" }));');
  const started: Child[] = [];
  const all = new Children(() => {
    const child = new Child({ module, execArgv: [] }, config);
    started.push(child);
    return child;
  }, idleMs);
  return { all, started };
}

test("a process is started ahead when there is no job, does the next one, and is followed by another", async () => {
  const { all, started } = children(0);
  using _ = all;
  expect(all.all).toEqual([]);
  await vi.waitUntil(() => started.length === 1);
  expect([all.atWork.size, all.all]).toEqual([0, started]);
  const said: string[] = [];
  const child = all.start(({ type }) => said.push(type));
  expect([child === started[0], all.atWork.has(child)]).toEqual([true, true]);
  child.say({ type: "clean" });
  await vi.waitFor(() => expect(said).toEqual(["done"]));
  await vi.waitUntil(() => started.length === 2);
  child.kill();
  await child.ended;
  expect(all.atWork.size).toBe(0);
  expect(all.start(ignore)).toBe(started[1]);
});

test("none is started while a job is under way, but where it is wanted soon", async () => {
  const { all, started } = children(0);
  using _ = all;
  const jobs = [all.underWay(), all.underWay()];
  all.start(ignore);
  jobs[0]?.[Symbol.dispose]();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(started).toHaveLength(1);
  all.prepare();
  all.prepare();
  expect(started).toHaveLength(2);
  expect(all.start(ignore)).toBe(started[1]);
  jobs[1]?.[Symbol.dispose]();
  await vi.waitUntil(() => started.length === 3);
});

test("one that dies while it waits is no loss: the job has another", async () => {
  const { all, started } = children(NEVER);
  using _ = all;
  all.prepare();
  process.kill(Number(started[0]?.pid), "SIGKILL");
  await started[0]?.ended;
  expect(all.start(ignore)).toBe(started[1]);
});

test("all end at once, also the one that waits, and then none is started any more", async () => {
  const { all, started } = children(0);
  all.start(ignore);
  all.prepare();
  const job = all.underWay(); // so that none is started for the next while these end
  all.kill();
  expect(await Promise.all(started.map(({ ended }) => ended))).toMatchObject([
    { signal: "SIGKILL" },
    { signal: "SIGKILL" },
  ]);
  all[Symbol.dispose]();
  job[Symbol.dispose]();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(started).toHaveLength(2);
});

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { expect, test } from "vitest";
import { serveFile, serveHome, serveHomeIfFree } from "./one-per-home.js";

test("one at a time serves a home, and tells the next where it is as soon as it is anywhere", () => {
  const home = scratchPath("one");
  {
    using served = serveHome(home);
    expect(() => serveHome(home)).toThrow("by a process that has not said yet where");
    served.tell({ redis: { url: "redis://:secret@127.0.0.1:7000/0", pid: 1 }, worker: { pid: 2 } });
    const message = `by process ${process.pid}:\n  redis  redis://127.0.0.1:7000/0\nUse that one`;
    expect(() => serveHome(home)).toThrow(message);
  }
  serveHome(home)[Symbol.dispose]();
});

test("where the parts of a killed one were is forgotten at once, and their processes only once they are gone", () => {
  const home = scratchPath("one");
  const left = { pid: 1, home, redis: { url: "redis://x", pid: 2 }, api: { url: "http://127.0.0.1:1", pid: 3 } };
  writeFileSync(serveFile(home), JSON.stringify(left));
  const killed = serveHome(home);
  const kept = readFileSync(serveFile(home), "utf8");
  expect(killed.leftBehind).toEqual([2, 3]);
  expect(JSON.parse(kept)).toMatchObject({ pid: process.pid, redis: { pid: 2 }, api: { pid: 3 } });
  expect(kept).not.toContain("//");
  killed[Symbol.dispose]();
  writeFileSync(serveFile(home), kept); // as if it had been killed while it waits for them
  using next = serveHome(home);
  expect(next.leftBehind).toEqual([2, 3]);
});

test("a home that is free is served, and one that another process serves is left to it", () => {
  const home = scratchPath("one");
  using served = serveHomeIfFree(home);
  expect([served === null, serveHomeIfFree(home)]).toEqual([false, null]);
});

test("what else hinders it is told as it is", () => {
  const home = scratchPath("one");
  mkdirSync(join(home, "serve.lock"));
  expect(() => serveHome(home)).toThrow("directory");
  expect(() => serveHomeIfFree(home)).toThrow("directory");
});

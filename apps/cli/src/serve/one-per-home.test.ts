import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { expect, test } from "vitest";
import { serveHome } from "./one-per-home.js";

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

test("what else hinders it is told as it is", () => {
  const home = scratchPath("one");
  mkdirSync(join(home, "serve.lock"));
  expect(() => serveHome(home)).toThrow("directory");
});

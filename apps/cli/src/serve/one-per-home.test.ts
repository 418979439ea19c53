import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratch } from "../../../../test/scratch.js";
import { serveHome } from "./one-per-home.js";

test("one at a time serves a home, and tells the next where it is as soon as it is anywhere", () => {
  const home = scratch("one");
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
  const home = scratch("one");
  mkdirSync(join(home, "serve.lock"));
  expect(() => serveHome(home)).toThrow("directory");
});

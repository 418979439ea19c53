import { existsSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { temporaryFolder } from "./temporary-folder.js";
import { takeLock, waitForLock } from "./wait-for-lock.js";

const elsewhere = (path: string) => writeFileSync(path, JSON.stringify({ pid: 1, started: "1", host: "elsewhere" }));

test("a lock is had as soon as its holder lets go of it, and is waited for no longer than is wanted", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "lock");
  const first = takeLock(path);
  expect(first).not.toBeNull();
  expect(takeLock(path)).toBeNull();
  const stop = new AbortController();
  const given = waitForLock(path, stop.signal);
  stop.abort(new Error("no longer wanted"));
  await expect(given).rejects.toMatchObject({ name: "AbortError" });
  const second = waitForLock(path, undefined);
  await sleep(20);
  first?.[Symbol.dispose]();
  {
    using _held = await second;
    expect(takeLock(path)).toBeNull();
  }
  expect(existsSync(path)).toBe(false);
});

test("a holder on another host keeps its lock while it says that it lives, and loses it a while after it last did", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "lock");
  elsewhere(path);
  let at = 0;
  const alive = setInterval(() => utimesSync(path, 1000, (at += 1)), 20);
  let had = false;
  const waiting = waitForLock(path, undefined, 400).then((lock) => {
    had = true;
    return lock;
  });
  await sleep(1200); // three times as long as one that says nothing keeps it
  expect(had).toBe(false);
  clearInterval(alive);
  using _lock = await waiting;
  expect(existsSync(path)).toBe(true);
});

test("a lock that is held says that it lives", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "lock");
  using _lock = takeLock(path, 10);
  utimesSync(path, 1, 1);
  await expect.poll(() => Date.now() - statSync(path).mtimeMs < 60_000).toBe(true);
});

test("what keeps a lock from being made is told", async () => {
  await using folder = await temporaryFolder();
  expect(() => takeLock(join(folder.path, "none", "lock"))).toThrow("ENOENT");
});

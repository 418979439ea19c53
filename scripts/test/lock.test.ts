import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { locked } from "../lock.js";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lock-"));
  path = join(folder, "set-up.lock");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("the second waits until the first is done", async () => {
  const order: string[] = [];
  const first = locked(path, async () => {
    order.push("first starts");
    await new Promise((resolve) => setImmediate(resolve));
    order.push("first ends");
  });
  const second = locked(path, () => Promise.resolve(order.push("second")));
  await Promise.all([first, second]);
  expect(order).toEqual(["first starts", "first ends", "second"]);
  expect(existsSync(path)).toBe(false);
});

test("the lock of a process that died is taken over", async () => {
  await writeFile(path, JSON.stringify({ pid: 2 ** 30, host: hostname() }));
  expect(await locked(path, () => Promise.resolve("done"))).toBe("done");
});

test("a lock that was cut off while it was written is taken over", async () => {
  await writeFile(path, "");
  expect(await locked(path, () => Promise.resolve("done"))).toBe("done");
});

test("a failure releases the lock", async () => {
  await expect(locked(path, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(existsSync(path)).toBe(false);
});

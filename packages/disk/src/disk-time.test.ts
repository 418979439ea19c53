import { readdirSync } from "node:fs";
import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { scratch } from "@trainer/testing";
import { afterEach, expect, test, vi } from "vitest";
import { diskTime, isPast } from "./disk-time.js";
import { finishRemovals } from "./remove-aside.js";
import { removeTemporaries } from "./remove-temporaries.js";
import { temporaryName } from "./write-whole.js";

const DAY_MS = 86_400_000;

afterEach(() => void vi.restoreAllMocks());

/** This machine's clock is off from now on. */
function off(ms: number): void {
  const real = Date.now.bind(Date);
  vi.spyOn(Date, "now").mockImplementation(() => real() + ms);
}

test("the disk's time is its own, and asking leaves nothing behind", async () => {
  await using folder = await scratch();
  const before = Date.now();
  off(DAY_MS);
  expect(Math.abs((await diskTime(folder.path)) - before)).toBeLessThan(10_000);
  expect(readdirSync(folder.path)).toEqual([]);
});

test("what others write at this moment is not abandoned for a clock that is a day ahead", async () => {
  await using folder = await scratch();
  const written = temporaryName(join(folder.path, "model.safetensors"));
  await writeFile(written, "half");
  await mkdir(join(folder.path, ".removed-run"));
  off(DAY_MS + 1000);
  await removeTemporaries(folder.path);
  await finishRemovals(folder.path);
  expect(readdirSync(folder.path)).toHaveLength(2);
});

test("by a clock that is behind it is past later, and by both at its time", async () => {
  await using folder = await scratch();
  const then = Date.now() - 2 * DAY_MS;
  const left = temporaryName(join(folder.path, "a"));
  await writeFile(left, "half");
  await utimes(left, then / 1000, then / 1000);
  expect(await isPast(then, DAY_MS, folder.path)).toBe(true);
  off(-DAY_MS - 1000);
  expect(await isPast(then, DAY_MS, folder.path)).toBe(false);
});

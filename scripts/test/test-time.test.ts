import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { scratchPath } from "@trainer/testing";
import { expect, test } from "vitest";
import { minutes, readTimes, said, whileRunning, writeTimes } from "../test-time.js";

test("a check that takes long says for how long it has been running, and not after its end", async () => {
  const told: number[] = [];
  const result = await whileRunning(
    (seconds) => told.push(seconds),
    async () => {
      while (told.length < 2) await sleep(1);
      return "done";
    },
    10,
  );
  const count = told.length;
  expect(result).toBe("done");
  expect(told).toEqual(told.toSorted((a, b) => a - b));
  await sleep(50);
  expect(told).toHaveLength(count);
});

test("a check that fails tells nothing more either", async () => {
  const told: number[] = [];
  const failing = whileRunning(
    (seconds) => told.push(seconds),
    () => Promise.reject(new Error("no")),
    5,
  );
  await expect(failing).rejects.toThrow("no");
  await sleep(30);
  expect(told).toEqual([]);
});

test("it says how long the check took the last time, if there was one", () => {
  expect(said("tests", 125, 1200.4)).toBe("   tests: 2 min 5 s of about 20 min 0 s");
  expect(said("tests", 59.4, undefined)).toBe("   tests: 59 s");
  expect(minutes(59.6)).toBe("1 min 0 s");
});

test("times are kept for the next time; a damaged file tells nothing", () => {
  const file = join(scratchPath("times"), "deep", "seconds.json");
  expect(readTimes(file)).toEqual({});
  writeTimes({ types: 3.5 }, file);
  expect(readTimes(file)).toEqual({ types: 3.5 });
  for (const text of ['{"types":', "null", '{"types":"long"}', "7"]) {
    writeFileSync(file, text);
    expect(readTimes(file)).toEqual({});
  }
});

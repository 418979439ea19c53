import { expect, test } from "vitest";
import { PACE } from "../intervals.js";
import { isAlive } from "./is-alive.js";

const NOW = 1_700_000_000_000;
const heartbeat = (ageMs: number) => (NOW - ageMs) / 1000;

test("a run is alive whose last sign of life is fresh, and none that comes from the future", () => {
  const pace = { ...PACE, silent: 60_000 };
  expect(isAlive(null, NOW, pace)).toBe(false);
  expect([0, 30_000, -30_000].map((age) => isAlive(heartbeat(age), NOW, pace))).toEqual([true, true, true]);
  expect([90_000, -90_000].map((age) => isAlive(heartbeat(age), NOW, pace))).toEqual([false, false]);
});

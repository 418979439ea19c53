import { expect, test, vi } from "vitest";
import { every } from "./every.js";

test("it is done at once and again and again, also where it fails, until it is given up", async () => {
  let times = 0;
  const doing = every(5, async () => {
    times += 1;
    if (times === 2) throw new Error("failed");
  });
  expect(times).toBe(1);
  await vi.waitFor(() => expect(times).toBeGreaterThan(3));
  doing[Symbol.dispose]();
  const done = times;
  await new Promise((passed) => setTimeout(passed, 50));
  expect(times).toBe(done);
});

test("it is never done twice at a time, however long it takes", async () => {
  let [at, most, times] = [0, 0, 0];
  using _doing = every(1, async () => {
    times += 1;
    at += 1;
    most = Math.max(most, at);
    await new Promise((passed) => setTimeout(passed, 20));
    at -= 1;
  });
  await vi.waitFor(() => expect(times).toBeGreaterThan(2));
  expect(most).toBe(1);
});

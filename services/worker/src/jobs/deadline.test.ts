import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Deadline } from "./deadline.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a limit passes where there is no progress, and not before it", () => {
  using deadline = new Deadline(100);
  vi.advanceTimersByTime(99);
  expect(deadline.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(deadline.signal.aborted).toBe(true);
});

test("it begins anew with each sign of progress, and is over when it is disposed of", () => {
  const deadline = new Deadline(100);
  for (let i = 0; i < 3; i++) {
    vi.advanceTimersByTime(99);
    deadline.renew();
  }
  vi.advanceTimersByTime(99);
  expect(deadline.signal.aborted).toBe(false);
  deadline[Symbol.dispose]();
  vi.advanceTimersByTime(1000);
  expect(deadline.signal.aborted).toBe(false);
});

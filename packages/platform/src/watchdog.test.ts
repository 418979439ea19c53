import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Watchdog, type WatchdogOptions } from "./watchdog.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watching(options: Partial<WatchdogOptions> = {}) {
  const onSilent = vi.fn<() => void>();
  const watchdog = new Watchdog({ everyMs: 10, onSilent, ...options });
  return { watchdog, onSilent, look: (times: number) => vi.advanceTimersByTime(10 * times) };
}

test("what gives no sign of life for three looks in a row is silent, which is said once", () => {
  const { watchdog, onSilent, look } = watching();
  look(3); // the first look forgives: it may only have begun
  watchdog.seen();
  look(3);
  expect(onSilent).not.toHaveBeenCalled();
  look(1);
  expect(onSilent).toHaveBeenCalledOnce();
  look(10);
  expect(onSilent).toHaveBeenCalledOnce();
});

test("what is at work all the same is waited for, but not for ever", () => {
  let busy = true;
  const { watchdog, onSilent, look } = watching({ isBusy: () => busy, mostBusyLooks: 5 });
  look(6);
  watchdog.seen();
  look(1);
  look(5 + 2);
  expect(onSilent).not.toHaveBeenCalled();
  look(1);
  expect(onSilent).toHaveBeenCalledOnce();

  const idle = watching({ isBusy: () => busy, mostBusyLooks: 5 });
  idle.look(3);
  busy = false;
  idle.look(3);
  expect(idle.onSilent).toHaveBeenCalledOnce();
});

test("once nobody waits for signs of life any more, none are missed", () => {
  const { watchdog, onSilent, look } = watching();
  watchdog[Symbol.dispose]();
  look(10);
  expect(onSilent).not.toHaveBeenCalled();
});

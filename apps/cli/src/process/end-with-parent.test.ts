import { EventEmitter } from "node:events";
import { afterEach, expect, test, vi } from "vitest";
import { ENDS_WITH_PARENT, endWithParent } from "./end-with-parent.js";

function child(env: Record<string, string>, channel?: { unref(): void }) {
  const events = new EventEmitter();
  const kill = vi.fn<(pid: number, signal: string) => void>();
  const ended = new Promise<number>((exit) => {
    endWithParent({ env, channel, pid: 7, kill, exit, once: events.once.bind(events) });
  });
  return { events, kill, ended };
}

afterEach(() => void vi.useRealTimers());

test("a part says each second that it lives", () => {
  vi.useFakeTimers();
  const send = vi.fn<(message: "alive", callback: () => void) => void>();
  endWithParent({ env: { [ENDS_WITH_PARENT]: "1" }, pid: 7, kill() {}, exit() {}, once() {}, send });
  vi.advanceTimersByTime(2500);
  expect(send.mock.calls.map(([message]) => message)).toEqual(["alive", "alive"]);
});

test("a part whose parent is gone is asked to stop, and ended if it does not", async () => {
  const unref = vi.fn<() => void>();
  const { events, kill, ended } = child({ [ENDS_WITH_PARENT]: "1" }, { unref });
  expect(unref).toHaveBeenCalledOnce(); // the channel alone keeps no process alive
  events.emit("disconnect");
  expect(kill).toHaveBeenCalledWith(7, "SIGTERM");
  expect(await ended).toBe(1);
});

test("any other process pays no heed, and one without a channel has no parent to lose", () => {
  expect(child({}, { unref() {} }).events.eventNames()).toEqual([]);
  expect(child({ [ENDS_WITH_PARENT]: "1" }).kill).not.toHaveBeenCalled();
});

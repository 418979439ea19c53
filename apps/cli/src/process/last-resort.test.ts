import { EventEmitter } from "node:events";
import { expect, test, vi } from "vitest";
import { EXIT } from "./exit-codes.js";
import { lastResort } from "./last-resort.js";

function failing(lastMs?: number) {
  const events = new EventEmitter();
  const kill = vi.fn<(pid: number, signal: string) => void>();
  const exit = vi.fn<(code: number) => void>();
  const write = vi.fn<(text: string) => void>();
  const unhandled = lastResort({ pid: 7, kill, exit, on: events.on.bind(events) }, { write }, lastMs);
  return { fail: (error: unknown) => events.emit("uncaughtException", error), unhandled, kill, exit, write };
}

test("after an error that nobody handled a process is asked to stop, and a second one ends it", () => {
  const { fail, unhandled, kill, exit, write } = failing();
  expect(unhandled.exitCode(EXIT.done)).toBe(EXIT.done);
  fail(new Error("a bug"));
  expect(unhandled.exitCode(EXIT.done)).toBe(EXIT.failed);
  expect(kill.mock.calls).toEqual([[7, "SIGTERM"]]);
  expect(exit).not.toHaveBeenCalled();
  fail("another");
  expect(exit.mock.calls).toEqual([[EXIT.failed]]);
  expect(kill).toHaveBeenCalledOnce();
  expect(write.mock.calls.join("")).toMatch(/^Error: a bug\n {4}at .*another\n$/s);
});

test("one that does not stop is ended", async () => {
  const { fail, exit } = failing(1);
  fail(new Error("a bug"));
  await vi.waitFor(() => expect(exit.mock.calls).toEqual([[EXIT.failed]]));
});

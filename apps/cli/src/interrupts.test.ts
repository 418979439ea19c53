import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { EXIT } from "./exit-codes.js";
import { interrupts, Stopped } from "./interrupts.js";

function setUp() {
  const signals = new EventEmitter();
  const stdout = new EventEmitter();
  const exits: number[] = [];
  return { signals, stdout, exits, interruptible: interrupts(signals, stdout, (code) => exits.push(code)) };
}

const untilStopped = (signal: AbortSignal) =>
  new Promise<unknown>((resolve) => {
    signal.addEventListener("abort", () => resolve(signal.reason));
  });

test.each([
  ["SIGINT", EXIT.interrupted],
  ["SIGTERM", EXIT.terminated],
  ["SIGHUP", EXIT.hungUp],
])("the first %s asks the body to stop, and the next one finds the system's default", async (name, exitCode) => {
  const { signals, interruptible } = setUp();
  const body = interruptible(untilStopped);
  signals.emit(name);
  const reason = await body;
  expect(reason).toBeInstanceOf(Stopped);
  expect(reason).toMatchObject({ by: name, exitCode });
  expect(signals.eventNames()).toEqual([]);
});

test("a body that ends by itself leaves no listeners", async () => {
  const { signals, interruptible } = setUp();
  await expect(interruptible(() => Promise.resolve(7))).resolves.toBe(7);
  await expect(interruptible(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(signals.eventNames()).toEqual([]);
});

test("a reader that goes away stops the body as a signal does", async () => {
  const { stdout, exits, interruptible } = setUp();
  const body = interruptible(untilStopped);
  stdout.emit("error", Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
  await expect(body).resolves.toMatchObject({ by: "EPIPE", exitCode: EXIT.readerGone });
  expect(exits).toEqual([]);
});

test("a reader that goes away while nothing needs saving ends the process quietly", () => {
  const { stdout, exits } = setUp();
  stdout.emit("error", Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
  expect(exits).toEqual([EXIT.readerGone]);
});

test("any other error of stdout is not hidden", () => {
  const { stdout } = setUp();
  const error = Object.assign(new Error("write ENOSPC"), { code: "ENOSPC" });
  expect(() => stdout.emit("error", error)).toThrow("ENOSPC");
});

test.each([
  new DOMException("the work was stopped", "AbortError"),
  Object.assign(new Error("stopped while merging"), { code: "CANCELLED" }),
])("work that throws because it was stopped ends as stopped (%#)", async (thrown) => {
  const { signals, interruptible } = setUp();
  const body = interruptible(async (signal) => {
    await untilStopped(signal);
    throw thrown;
  });
  signals.emit("SIGINT");
  await expect(body).rejects.toMatchObject({ by: "SIGINT", exitCode: EXIT.interrupted });
});

test("work that fails while it is being stopped has failed", async () => {
  const { signals, interruptible } = setUp();
  const body = interruptible(async (signal) => {
    await untilStopped(signal);
    throw new Error("the disk is full");
  });
  signals.emit("SIGINT");
  await expect(body).rejects.toThrow("the disk is full");
});

test("the same errors without a stop stay what they are", async () => {
  const { interruptible } = setUp();
  const timeout = new DOMException("too slow", "AbortError");
  await expect(interruptible(() => Promise.reject(timeout))).rejects.toBe(timeout);
});

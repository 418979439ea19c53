import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { EXIT } from "./exit-codes.js";
import { explain } from "./errors.js";
import { interrupts, OutputLost, Stopped } from "./interrupts.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const ECHO_MS = 60;

function setUp() {
  const signals = new EventEmitter();
  const stdout = new EventEmitter();
  const exits: number[] = [];
  const interruptible = interrupts(signals, stdout, ({ exitCode }) => exits.push(exitCode), ECHO_MS);
  return { signals, stdout, exits, interruptible };
}

const untilStopped = (signal: AbortSignal) =>
  new Promise<unknown>((resolve) => {
    signal.addEventListener("abort", () => resolve(signal.reason));
  });

test.each([
  ["SIGINT", EXIT.interrupted],
  ["SIGTERM", EXIT.terminated],
  ["SIGHUP", EXIT.hungUp],
])(
  "the first %s asks the body to stop, its echoes ask nothing, and a later one finds the system's default",
  async (name, exitCode) => {
    const { signals, interruptible } = setUp();
    const body = interruptible(untilStopped);
    signals.emit(name);
    const reason = await body;
    expect(reason).toBeInstanceOf(Stopped);
    expect(reason).toMatchObject({ by: name, exitCode });
    for (const echo of ["SIGINT", "SIGTERM", "SIGHUP"]) expect(signals.emit(echo)).toBe(true); // somebody still hears it
    vi.advanceTimersByTime(ECHO_MS);
    expect(signals.eventNames()).toEqual([]);
    expect(signals.emit(name)).toBe(false);
  },
);

test("what begins while a body stops is stopped by the next signal, but not by an echo of the first", async () => {
  const { signals, interruptible } = setUp();
  const hurried = await interruptible(async (signal) => {
    signals.emit("SIGTERM");
    expect(signal.aborted).toBe(true);
    return await interruptible(async (hurry) => {
      signals.emit("SIGINT");
      expect(hurry.aborted).toBe(false);
      vi.advanceTimersByTime(ECHO_MS);
      const reason = untilStopped(hurry);
      signals.emit("SIGINT");
      return await reason;
    });
  });
  expect(hurried).toMatchObject({ by: "SIGINT" });
});

test("bodies that run at once are stopped at once", async () => {
  const { signals, interruptible } = setUp();
  const reasons = interruptible(async (outer) => [
    await interruptible(async (inner) => {
      signals.emit("SIGHUP");
      return inner.aborted;
    }),
    outer.aborted,
  ]);
  expect(await reasons).toEqual([true, true]);
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

test("an output that is lost is a failure, also of work that ends by itself then", async () => {
  const { stdout, exits, interruptible } = setUp();
  const error = Object.assign(new Error("write ENOSPC"), { code: "ENOSPC", syscall: "write" });
  const body = interruptible(untilStopped);
  stdout.emit("error", error);
  const lost = await body.catch((reason: unknown) => reason);
  expect(lost).toBeInstanceOf(OutputLost);
  expect(explain(lost)).toEqual({
    code: "ENOSPC",
    message: "stdout cannot be written to: no space left on the disk",
    hint: "Free some space, or choose another disk with --home DIR.",
    exitCode: EXIT.failed,
  });
  expect(exits).toEqual([]);
  vi.advanceTimersByTime(ECHO_MS);
  stdout.emit("error", error);
  expect(exits).toEqual([EXIT.failed]);
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

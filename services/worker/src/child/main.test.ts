import { afterEach, expect, test, vi } from "vitest";

afterEach(() => vi.restoreAllMocks());

test("a child outlives what ends its group, but not its parent, and listens to that", async () => {
  const listeners = new Map<string | symbol, (...args: unknown[]) => void>();
  vi.spyOn(process, "on").mockImplementation((event: string | symbol, listener: (...args: unknown[]) => void) => {
    listeners.set(event, listener);
    return process;
  });
  const exit = vi.spyOn(process, "exit").mockImplementation((code) => {
    throw new Error(`exit ${code}`);
  });
  const send = vi.spyOn(process, "send").mockReturnValue(true);
  const interval = vi.spyOn(globalThis, "setInterval").mockImplementation(() => setTimeout(() => {}, 0));
  await import("./main.js");
  const [[sayAlive] = []] = interval.mock.calls;
  sayAlive?.();
  expect(send.mock.lastCall?.slice(0, 1)).toEqual([{ type: "alive", gpuBytes: null }]);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) listeners.get(signal)?.();
  expect(exit).not.toHaveBeenCalled();
  expect(listeners.get("disconnect")).toThrow("exit 0");
  expect(listeners.has("message")).toBe(true);
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  for (const error of [new Error("a bug"), "no error"])
    expect(() => listeners.get("uncaughtException")?.(error)).toThrow("exit 1");
  expect(write.mock.calls.join("")).toMatch(/^Error: a bug\n {4}at .*no error\n$/s);
});

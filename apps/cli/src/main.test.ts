import { afterEach, expect, test, vi } from "vitest";
import { VERSION } from "./process/version.js";

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

test("the process hands its arguments and streams over and ends with the exit code", async () => {
  const argv = process.argv;
  const listeners = process.stderr.listenerCount("error");
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const exit = vi.spyOn(process, "exit").mockImplementation((code) => {
    throw new Error(`exit ${code}`);
  });
  process.argv = ["node", "trainer", "--version"];
  try {
    await import("./main.js");
  } finally {
    process.argv = argv;
  }
  expect(write).toHaveBeenCalledWith(`${VERSION}\n`);
  expect(process.exitCode).toBe(0);
  expect(process.stderr.listenerCount("error")).toBe(listeners + 1);
  process.stderr.emit("error", new Error("the terminal is gone"));
  const gone = Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
  expect(() => process.stdout.emit("error", gone)).toThrow("exit 141");
  const told = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const full = Object.assign(new Error("write ENOSPC"), { code: "ENOSPC", syscall: "write" });
  expect(() => process.stdout.emit("error", full)).toThrow("exit 1");
  expect(told).toHaveBeenCalledWith("error: stdout cannot be written to: no space left on the disk\n");
  expect(exit).toHaveBeenCalledTimes(2);
});

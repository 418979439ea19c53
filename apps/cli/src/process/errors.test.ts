import { ServiceError } from "@trainer/client";
import { CommanderError } from "commander";
import { expect, test } from "vitest";
import { explain, UsageError } from "./errors.js";
import { EXIT } from "./exit-codes.js";
import { Stopped } from "./interrupts.js";

test("wrong use is exit code 2", () => {
  expect(explain(new UsageError("no corpus"))).toEqual({
    code: "USAGE",
    message: "no corpus",
    hint: null,
    exitCode: EXIT.usage,
  });
  expect(explain(new CommanderError(1, "commander.unknownOption", "error: unknown option '--x'"))).toMatchObject({
    code: "USAGE",
    message: "unknown option '--x'",
    exitCode: EXIT.usage,
  });
});

test("a stop keeps its own exit code", () => {
  expect(explain(new Stopped("SIGTERM", EXIT.terminated)).exitCode).toBe(143);
});

test("what the system refuses is told with the path and what to do", () => {
  const error = Object.assign(new Error("EACCES: permission denied, open '/x'"), {
    code: "EACCES",
    syscall: "open",
    path: "/x",
  });
  expect(explain(error)).toMatchObject({ code: "EACCES", message: "/x: permission denied", exitCode: EXIT.failed });
  expect(explain(error).hint).toContain("permissions");
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", syscall: "write" });
  expect(explain(full).message).toBe("no space left on the disk");
});

test("an address that nobody can listen on is told with what to choose", () => {
  const listening = (code: string, more: object) =>
    explain(Object.assign(new Error(`listen ${code}`), { code, syscall: "listen", address: "10.9.9.9", ...more }));
  expect(listening("EACCES", { port: 80 })).toEqual({
    code: "EACCES",
    message: "port 80 of 10.9.9.9 is kept from this user: permission denied",
    hint: "Choose one from 1024 on with --port N or PORT.",
    exitCode: EXIT.failed,
  });
  expect(listening("EADDRNOTAVAIL", {})).toMatchObject({
    message: "this machine has no address 10.9.9.9, which it was to listen on",
    hint: "Choose one of its own with --host or BIND_HOST; 0.0.0.0 is all of them.",
  });
  expect(listening("EACCES", {}).message).toBe("permission denied"); // a socket's path
  expect(listening("EADDRINUSE", { port: 80 }).hint).toContain("--port N");
});

test("our packages' errors keep their message and gain a hint where there is one", () => {
  const unknown = Object.assign(new Error("there is no file x"), { code: "CORPUS_NOT_FOUND" });
  expect(explain(unknown)).toEqual({
    code: "CORPUS_NOT_FOUND",
    message: "there is no file x",
    hint: "Check the path; relative ones start from the folder you are in.",
    exitCode: EXIT.failed,
  });
  expect(explain(new Error("broken"))).toEqual({
    code: "FAILED",
    message: "broken",
    hint: null,
    exitCode: EXIT.failed,
  });
});

test("what is not an error is told as it is", () => {
  expect(explain("boo")).toMatchObject({ code: "FAILED", message: "boo", exitCode: EXIT.failed });
});

test("what is said of a service that refuses, or is not there, is of the one that was asked", () => {
  const hint = (code: string, service?: "trainer" | "data-bank") =>
    explain(new ServiceError(code, "no", service === undefined ? {} : { service })).hint;
  expect(hint("UNREACHABLE", "trainer")).toMatch(/`trainer serve` .* --server URL/);
  expect(hint("UNAUTHORIZED", "trainer")).toContain("TRAINER_API_KEY");
  expect(hint("UNREACHABLE", "data-bank")).toMatch(/`trainer data-bank start` .* APP__DATA_BANK_API_URL/);
  expect(hint("UNAUTHORIZED", "data-bank")).toContain("APP__DATA_BANK_API_KEY");
  expect([hint("UNREACHABLE"), hint("TIMEOUT", "trainer")]).toEqual([null, null]);
});

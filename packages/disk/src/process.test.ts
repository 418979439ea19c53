import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { isAlive, startOf, thisProcess } from "./process.js";

test("a process lives until it ends, whether or not its parent collects it", async () => {
  const child = spawn("sleep", ["60"], { stdio: "ignore" });
  await once(child, "spawn");
  const pid = child.pid ?? 0;
  const name = { ...thisProcess(), pid, started: String(startOf(pid)) };
  expect(isAlive(name)).toBe(true);
  child.kill("SIGKILL");
  while (startOf(pid) !== null) await setTimeout(5);
  expect(isAlive(name)).toBe(false);
});

test("a process that has ended is gone, even where its parent never collects it", async () => {
  // The child of a shell that becomes another program, which waits for nobody, before the child ends.
  const parent = spawn("sh", ["-c", "sleep 0.5 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
  const pid = Number(String(await once(parent.stdout, "data")));
  while (startOf(pid) !== null) await setTimeout(5);
  expect(readFileSync(`/proc/${pid}/stat`, "utf8")).toMatch(/\) Z /);
  parent.kill("SIGKILL");
  await once(parent, "exit");
});

test("a process id that is used again, before or after a restart of the system, is another process", () => {
  expect(isAlive(thisProcess())).toBe(true);
  expect(isAlive({ ...thisProcess(), started: "1" })).toBe(false);
  expect(isAlive({ ...thisProcess(), boot: "an earlier one" })).toBe(false);
});

test("nobody can know of a process of another host, nor of a container that has this one's host name", () => {
  expect(isAlive({ ...thisProcess(), space: "7" })).toBeNull();
  expect(isAlive({ ...thisProcess(), host: "elsewhere" })).toBeNull();
});

test("there is no start of a process that is not there", () => {
  expect(startOf(2 ** 22 + 1)).toBeNull();
});

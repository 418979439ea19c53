import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { addon } from "./load.js";
import { hearOnce } from "./signals.js";

/** A process that handles signals once, and then computes for `busyMs` or for ever. */
function startBusy(echoMs: number, busyMs: number) {
  const path = fileURLToPath(new URL("../build/torch.node", import.meta.url));
  const busy = `
    for (const name of ["SIGTERM", "SIGINT"]) process.on(name, () => console.log(name));
    const { hearOnce } = require(${JSON.stringify(path)});
    for (const number of [15, 2]) hearOnce(number, ${echoMs});
    console.log("ready");
    setTimeout(() => { for (const began = Date.now(); Date.now() - began < ${busyMs};); }, 50);
    setTimeout(() => console.log("done"), 60);`;
  const child = spawn(process.execPath, ["-e", busy], { stdio: ["ignore", "pipe", "inherit"] });
  const said: string[] = [];
  child.stdout.on("data", (text) => said.push(String(text)));
  return { child, said, exit: once(child, "exit"), ready: once(child.stdout, "data") };
}

test("a second signal ends a process that is too busy to hear the first", async () => {
  const { child, exit, ready } = startBusy(0, Infinity);
  await ready;
  child.kill("SIGTERM");
  while (child.signalCode === null && child.exitCode === null) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill("SIGTERM");
  }
  expect(await exit).toEqual([null, "SIGTERM"]);
});

test("a signal that comes twice in one instant was sent once, also by two names", async () => {
  const { child, said, exit, ready } = startBusy(60_000, 500);
  await ready;
  for (const name of ["SIGTERM", "SIGTERM", "SIGINT"] as const) child.kill(name);
  await new Promise((resolve) => setTimeout(resolve, 100));
  child.kill("SIGTERM");
  expect(await exit).toEqual([0, null]);
  const [heard, ...rest] = said.join("").split("\n").slice(1);
  expect(["SIGTERM", "SIGINT"]).toContain(heard); // the system delivers those that wait in an order of its own
  expect(rest).toEqual(["done", ""]);
});

test("one that comes later is another", async () => {
  const { child, exit, ready } = startBusy(2000, Infinity);
  await ready;
  child.kill("SIGTERM");
  await new Promise((resolve) => setTimeout(resolve, 50));
  child.kill("SIGTERM");
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect([child.signalCode, child.exitCode]).toEqual([null, null]);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  child.kill("SIGTERM");
  expect(await exit).toEqual([null, "SIGTERM"]);
});

test("a signal that nobody listens to stays as it is, and one that does not exist is refused", () => {
  expect(() => hearOnce(["SIGUSR2", "SIGKILL"], 0)).not.toThrow();
  expect(() => addon.hearOnce(12345, 0)).toThrow("there is no signal 12345");
  expect(() => addon.hearOnce(-1, 0)).toThrow("there is no signal -1");
});

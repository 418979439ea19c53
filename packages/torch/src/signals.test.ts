import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { addon } from "./load.js";
import { hearOnce } from "./signals.js";

test("a second signal ends a process that is too busy to hear the first", async () => {
  const path = fileURLToPath(new URL("../build/torch.node", import.meta.url));
  const busy = `
    process.once("SIGTERM", () => {});
    require(${JSON.stringify(path)}).hearOnce(15);
    console.log("ready");
    for (;;);`;
  const child = spawn(process.execPath, ["-e", busy], { stdio: ["ignore", "pipe", "inherit"] });
  const exit = once(child, "exit");
  await once(child.stdout, "data");
  child.kill("SIGTERM");
  while (child.signalCode === null && child.exitCode === null) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill("SIGTERM");
  }
  expect(await exit).toEqual([null, "SIGTERM"]);
});

test("a signal that nobody listens to stays as it is, and one that does not exist is refused", () => {
  expect(() => hearOnce("SIGUSR2")).not.toThrow();
  expect(() => hearOnce("SIGKILL")).not.toThrow();
  expect(() => addon.hearOnce(12345)).toThrow("there is no signal 12345");
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { dieWithParent } from "./parent.js";

const ADDON = JSON.stringify(fileURLToPath(new URL("../build/torch.node", import.meta.url)));

/** A process that begins a child which never returns to its event loop; both write to one pipe, which closes with the last. */
function family() {
  const child = `require(${ADDON}).dieWithParent(process.ppid); console.log(process.pid); for (;;);`;
  const parent = `
    const { spawn } = require("node:child_process");
    spawn(process.execPath, ["-e", ${JSON.stringify(child)}], { stdio: ["ignore", "inherit", "inherit"] });
    setInterval(() => {}, 1000);`;
  return spawn(process.execPath, ["-e", parent], { stdio: ["ignore", "pipe", "inherit"] });
}

test("a child in the middle of a native call is gone when its parent was killed", async () => {
  const parent = family();
  const exit = once(parent, "exit");
  const closed = once(parent.stdout, "end");
  await once(parent.stdout, "data");
  parent.kill("SIGKILL");
  expect(await exit).toEqual([null, "SIGKILL"]);
  await closed; // the child held it open too, and nobody else could end it
});

test("a child whose parent had gone before it could ask ends too", async () => {
  const asks = `require(${ADDON}).dieWithParent(${2 ** 22}); for (;;);`;
  const child = spawn(process.execPath, ["-e", asks], { stdio: "ignore" });
  expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
});

test("what is no process id is refused", () => {
  expect(() => dieWithParent(0)).toThrow("expected the process id of the parent");
});

import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { gone } from "./wait-for-exit.js";

test("processes are waited for until they are gone, but not for ever", async () => {
  const short = spawn("sleep", ["0.1"]);
  await gone([Number(short.pid)]);
  expect(() => process.kill(Number(short.pid), 0)).toThrow("ESRCH");
  await gone([process.pid], 0);
});

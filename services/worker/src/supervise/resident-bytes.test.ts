import { mkdirSync, writeFileSync } from "node:fs";
import { scratchPath } from "@trainer/testing";
import { expect, test } from "vitest";
import { residentBytes } from "./resident-bytes.js";

test("the memory of a process is told by the kernel; of one that has gone nothing is known", () => {
  const proc = scratchPath("proc");
  mkdirSync(`${proc}/7`, { recursive: true });
  mkdirSync(`${proc}/8`);
  writeFileSync(`${proc}/7/status`, "Name:\tnode\nVmHWM:\t  900 kB\nVmRSS:\t   640 kB\nThreads:\t1\n");
  writeFileSync(`${proc}/8/status`, "Name:\tnode\nState:\tZ (zombie)\n");
  expect([7, 8, 9, undefined].map((pid) => residentBytes(pid, proc))).toEqual([640 * 1024, null, null, null]);
});

import { mkdirSync, writeFileSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { expect, test } from "vitest";
import { availableMemory, diskSpace, vectorInstructions } from "./machine.js";

test("the vector instructions are those of Linux's list that matter", () => {
  expect(vectorInstructions("model name\t: x\nflags\t\t: fpu avx2 fma avx512f\n")).toEqual(["avx2", "fma", "avx512f"]);
  expect(vectorInstructions("Features\t: fp asimd sve\n")).toEqual(["asimd", "sve"]);
  expect(vectorInstructions("")).toEqual([]);
});

test("available memory is some, and no more than there is", async () => {
  const bytes = await availableMemory();
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThanOrEqual(totalmem());
});

test("in a group with a limit, files that were not read of late count as free; nowhere else, and never beyond the limit", async () => {
  const groups = scratchPath("groups");
  const own = join(groups, "own");
  mkdirSync(join(groups, "a", "b"), { recursive: true });
  writeFileSync(own, "0::/a/b\n");
  const stat = (text: string) => writeFileSync(join(groups, "a", "b", "memory.stat"), text);
  const limited = { available: 10, total: 1000, most: 100, groups, own };
  expect(await availableMemory(limited)).toBe(10);
  stat("anon 5\ninactive_file 30\nactive_file 7\n");
  expect(await availableMemory(limited)).toBe(40);
  expect(await availableMemory({ ...limited, most: 1000 })).toBe(10);
  stat("inactive_file 500\n");
  expect(await availableMemory(limited)).toBe(100);
  stat("anon 5\n");
  expect(await availableMemory(limited)).toBe(10);
  writeFileSync(own, "4:memory:/a/b\n");
  expect(await availableMemory(limited)).toBe(10);
});

test("the disk of a folder that is not there yet is that of the nearest one above", async () => {
  const folder = scratchPath("disk");
  const { device, totalBytes, freeBytes } = await diskSpace(folder);
  expect(freeBytes).toBeGreaterThan(0);
  expect(freeBytes).toBeLessThanOrEqual(totalBytes);
  expect(await diskSpace(join(folder, "none", "such"))).toMatchObject({ device, totalBytes });
  await expect(diskSpace(folder, () => Promise.reject(new Error("not permitted")))).rejects.toThrow("not permitted");
});

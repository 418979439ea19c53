import { totalmem } from "node:os";
import { expect, test } from "vitest";
import { memoryBytes } from "./memory.js";

test("memory is all that the machine or its control group has", () => {
  expect([memoryBytes(0, 8), memoryBytes(2, 8), memoryBytes(2 ** 63, 8)]).toEqual([8, 2, 8]);
  expect(memoryBytes(0)).toBe(totalmem());
  expect(memoryBytes()).toBeLessThanOrEqual(totalmem());
});

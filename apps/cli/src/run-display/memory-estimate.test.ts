import { expect, test } from "vitest";
import { estimateMemory, memoryLine } from "./memory-estimate.js";

const tiny = { layers: 4, width: 256 };
const run = { parameters: 4_300_000, batchSize: 4, maxSeqLen: 256 };

test("a larger batch and Adam's moments take more", () => {
  const adam = estimateMemory({ outline: tiny, moments: 2 }, run);
  expect(adam - estimateMemory({ outline: tiny, moments: 0 }, run)).toBe(2 * 4 * run.parameters);
  expect(estimateMemory({ outline: tiny, moments: 2 }, { ...run, batchSize: 8 })).toBeGreaterThan(adam);
});

test("what may not fit is warned of", () => {
  expect(memoryLine(2 ** 29, 2 ** 30)).toBe("memory     about 512 MiB of 1.00 GiB that are free");
  expect(memoryLine(2 ** 31, 2 ** 30)).toContain("\nwarning: this may not fit. A smaller --batch-size");
});

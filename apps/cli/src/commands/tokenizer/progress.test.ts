import { expect, test } from "vitest";
import { tokenizerProgress } from "./progress.js";

test("words are counted by bytes, packed ones no further than to the end; merges by merges", () => {
  const progress = { phase: "count", bytes: 50, merges: 0, totalMerges: 10 } as const;
  expect(tokenizerProgress(progress, 200)).toEqual(["counting words", 0.25]);
  expect(tokenizerProgress({ ...progress, bytes: 500 }, 200)).toEqual(["counting words", 1]);
  expect(tokenizerProgress({ ...progress, phase: "merge", merges: 5 }, 200)).toEqual(["merging tokens", 0.5]);
});

import { expect, test } from "vitest";
import { evaluated } from "../../../testing/run.js";
import { changesOf } from "./changes.js";

test("an evaluation is compared with the one before of the same text, in the same way", () => {
  const all = [
    { ...evaluated, loss: 2 },
    { ...evaluated, loss: 1, path: "other.txt" },
    { ...evaluated, loss: 2.01 },
    { ...evaluated, loss: null },
    { ...evaluated, loss: 2.2 },
    { ...evaluated, loss: 5, stride: 8 },
    { ...evaluated, loss: 0.9, path: "other.txt" },
  ];
  expect(changesOf(all).map(({ change, isWorse }) => [change?.toFixed(3), isWorse])).toEqual([
    [undefined, false],
    [undefined, false],
    ["0.005", false],
    [undefined, false],
    ["0.095", true],
    [undefined, false],
    ["-0.100", false],
  ]);
  expect(changesOf([{ ...evaluated, loss: 0 }, evaluated])[1]?.change).toBeNull();
});

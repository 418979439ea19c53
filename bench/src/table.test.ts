import { expect, test } from "vitest";
import { median } from "./report.js";
import { table } from "./table.js";

test("the table gives each side's median, its spread, and ours against it", () => {
  const sides = [
    { name: "ours", rounds: [90, 110, 100], peakBytes: 300e6, libraryBytes: 100e6, evidence: "loss 5.1" },
    { name: "eager", rounds: [200, 210, 190] },
  ];
  const lines = table({ benchmark: "train", unit: "ms/step", better: "lower", works: [{ name: "tiny", sides }] });
  const cells = lines.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  expect(cells[2]?.slice(1, -1)).toEqual([
    "tiny",
    "ours",
    "100",
    "ms/step",
    "90.0 to 110",
    "",
    "300",
    "200",
    "loss 5.1",
  ]);
  expect(cells[3]?.slice(1, -1)).toEqual(["tiny", "eager", "200", "ms/step", "190 to 210", "0.50", "", "", ""]);
});

test("the median of an even number lies between the two in the middle, and of nothing is refused", () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(() => median([])).toThrow(RangeError);
});

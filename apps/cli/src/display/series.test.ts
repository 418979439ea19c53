import { expect, test } from "vitest";
import { Series } from "./series.js";

function series(count: number) {
  const made = new Series();
  for (let step = 1; step <= count; step++) made.push({ step, loss: step });
  return made.points;
}

test("a short run keeps every point", () => {
  expect(series(3)).toEqual([
    { step: 1, loss: 1 },
    { step: 2, loss: 2 },
    { step: 3, loss: 3 },
  ]);
});

test("a long run keeps the means of neighbours, and its last step", () => {
  const points = series(1024);
  expect(points).toHaveLength(512);
  expect(points[0]).toEqual({ step: 2, loss: 1.5 });
  expect(series(1025).at(-1)).toEqual({ step: 1025, loss: 1025 });
  expect(series(1_000_000).length).toBeLessThanOrEqual(1024);
  expect(series(1_000_000).at(-1)?.step).toBe(1_000_000);
});

test("a loss that is no number is passed over", () => {
  const made = new Series();
  made.push({ step: 1, loss: NaN });
  expect(made.points).toEqual([]);
});

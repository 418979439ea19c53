import { array, assert, double, property, uniqueArray } from "fast-check";
import { expect, test } from "vitest";
import { aligned, extentOf, summaryOf, type Curve } from "./curves.js";

const curve = (label: string, x: readonly number[], y: readonly number[], more: Partial<Curve> = {}): Curve => ({
  label,
  x: Float64Array.from(x),
  y: Float64Array.from(y),
  color: "--curve-1",
  ...more,
});

/** Adding 0 makes one of 0 and -0, before they are told apart. */
const place = double({ noNaN: true, min: -1e6, max: 1e6 }).map((x) => x + 0);
const xs = uniqueArray(place, { maxLength: 40 }).map((list) => list.sort((a, b) => a - b));

test("curves are put on one axis, and every point of each is there once", () => {
  assert(
    property(array(xs, { minLength: 1, maxLength: 4 }), (lists) => {
      const curves = lists.map((x, i) =>
        curve(
          `${i}`,
          x,
          x.map((_, at) => i * 100 + at),
        ),
      );
      const [all, ...columns] = aligned(curves, false);
      expect([...all]).toEqual([...new Set(lists.flat())].sort((a, b) => a - b));
      lists.forEach((x, i) => {
        const points = [...all].flatMap((place, at) => {
          const y = columns[i]?.[at];
          return y === undefined ? [] : [[place, y]];
        });
        expect(points).toEqual(x.map((place, at) => [place, i * 100 + at]));
      });
    }),
  );
});

test("a value that cannot be drawn breaks the line, and another curve's place does not", () => {
  const data = aligned([curve("a", [1, 2, 3, 4], [1, Number.NaN, Infinity, 0]), curve("b", [2.5], [7])], false);
  expect(data).toEqual([
    Float64Array.of(1, 2, 2.5, 3, 4),
    [1, null, undefined, null, 0],
    [undefined, undefined, 7, undefined, undefined],
  ]);
  expect(aligned([curve("a", [1, 2, 3], [1, 0, -1])], true)[1]).toEqual([1, null, null]);
  expect(aligned([curve("a", [1, 2], [1])], true)[1]).toEqual([1, null]);
  expect(aligned([], false)).toEqual([new Float64Array()]);
});

test("twenty curves of a thousand points are put on one axis at once", () => {
  const many = Array.from({ length: 20 }, (_, i) =>
    curve(
      `${i}`,
      Array.from({ length: 1000 }, (_, at) => at * 20 + i),
      Array.from({ length: 1000 }, () => 1),
    ),
  );
  aligned(many, false);
  const begun = performance.now();
  expect(aligned(many, false)[0]).toHaveLength(20_000);
  expect(performance.now() - begun).toBeLessThan(1000);
});

test("the extent is that of all curves", () => {
  expect(extentOf([curve("a", [2, 5], [1, 1]), curve("b", [1, 3], [1, 1]), curve("c", [], [])])).toEqual({
    from: 1,
    to: 5,
  });
  expect(extentOf([curve("c", [], [])])).toBeNull();
});

test("a chart is told in words", () => {
  const show = { x: String, y: (y: number) => y.toFixed(1) };
  const curves = [
    curve("Training", [1, 2, 3, 4], [Number.NaN, 3, 1, 2]),
    curve("Raw", [1], [1], { look: "faint" }),
    curve("Hidden", [1], [1], { isHidden: true }),
    curve("Validation", [4], [1.5], { look: "points" }),
    curve("Nothing", [4], [Number.NaN]),
  ];
  expect(summaryOf(curves, "step", show)).toBe(
    "Training: from 3.0 to 2.0 at step 4, least 1.0 at step 3. Validation: 1.5 at step 4.",
  );
  expect(summaryOf([], "step", show)).toBe("No points yet.");
});

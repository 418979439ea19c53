import { expect, test } from "vitest";
import { costOf, rungsOf } from "./rungs.js";

test("a third of the trials go on to three times as far, until few are left that train to the end", () => {
  expect(rungsOf(27).map(({ trials }) => trials)).toEqual([27, 9, 3, 1]);
  expect(rungsOf(27).map(({ part }) => part)).toEqual([1 / 27, 1 / 9, 1 / 3, 1]);
  expect(rungsOf(12).map(({ trials }) => trials)).toEqual([12, 4, 2]);
  expect(rungsOf(2)).toEqual([{ part: 1, trials: 2 }]);
  expect(rungsOf(1)).toEqual([{ part: 1, trials: 1 }]);
});

test("the cost counts what a trial has trained once", () => {
  expect(costOf(rungsOf(2))).toBe(2);
  expect(costOf(rungsOf(9))).toBeCloseTo(9 / 9 + 3 * (2 / 9) + 2 / 3, 12);
  expect(costOf(rungsOf(27))).toBeCloseTo(3, 12);
  expect(costOf(rungsOf(4), 2)).toBeCloseTo(2 / 3 + 2 / 3, 12); // two at a time
  expect(costOf(rungsOf(4), 9)).toBeCloseTo(1, 12);
});

import { expect, test } from "vitest";
import { diversity } from "./diversity.js";

test("a text that never repeats is all distinct", () => {
  expect(diversity([[1, 2, 3, 4, 5]])).toEqual({ distinct1: 1, distinct2: 1, repetition4: 0 });
});

test("a text that goes round in a circle shows it", () => {
  const circle = Int32Array.from([7, 8, 7, 8, 7, 8, 7, 8]);
  expect(diversity([circle])).toEqual({ distinct1: 2 / 8, distinct2: 2 / 7, repetition4: 3 / 5 });
});

test("words that texts share count once, repetition within a text alone", () => {
  const ids = [1, 2, 3, 4];
  expect(diversity([ids, ids])).toEqual({ distinct1: 0.5, distinct2: 0.5, repetition4: 0 });
});

test("of no tokens nothing is said", () => {
  expect(diversity([[], [1]])).toEqual({ distinct1: 1, distinct2: null, repetition4: null });
});

test("pairs of different tokens are different, however their numbers are written", () => {
  expect(diversity([[1, 11, 1]])).toMatchObject({ distinct1: 2 / 3, distinct2: 1 });
});

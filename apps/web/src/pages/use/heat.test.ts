import { expect, test } from "vitest";
import { bitsText, chance, levelOf, LEVELS, short } from "./heat.js";

test("a surprisal is the warmer the larger it is, and cold where it is not known", () => {
  expect([null, 0, 0.99, 1, 5.9, 6, 100].map(levelOf)).toEqual([0, 0, 0, 1, 3, 4, LEVELS.length]);
});

test("surprisals and chances are written for people", () => {
  expect([null, 3.456, 12.34].map(short)).toEqual(["–", "3.46", "12.3"]);
  expect([null, 1].map(bitsText)).toEqual(["not foreseen by anything", "1.00 bits"]);
  expect([1, 0.421, 0.0999, 0.0031, 0.0001, 0.00001, 0].map(chance)).toEqual([
    "100 %",
    "42 %",
    "10 %",
    "0.31 %",
    "0.01 %",
    "below 0.01 %",
    "below 0.01 %",
  ]);
});

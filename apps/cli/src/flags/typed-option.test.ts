import { expect, test } from "vitest";
import { typedOption } from "./typed-option.js";

test.each([
  [7, ["--x 7"]],
  ["a b", ["--x 'a b'"]],
  [true, ["--x"]],
  [false, ["--no-x"]],
  [
    ["q", "k v"],
    ["--x", "q", "--x", "'k v'"],
  ],
])("%j", (value, words) => {
  expect(typedOption({ flag: "x" }, value)).toEqual(words);
});

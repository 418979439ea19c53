import { expect, test } from "vitest";
import { formatDuration } from "./duration.js";

test.each([
  [0.004, "0.00 s"],
  [0.42, "0.42 s"],
  [0.996, "1.0 s"],
  [8.14, "8.1 s"],
  [9.96, "10 s"],
  [59.4, "59 s"],
  [59.6, "1 min 00 s"],
  [187, "3 min 07 s"],
  [3600, "1 h 00 min"],
  [3840, "1 h 04 min"],
  [86_399, "1 d 00 h"],
  [183_600, "2 d 03 h"],
  [Infinity, "?"],
  [NaN, "?"],
])("%d seconds read %s", (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

import { expect, test } from "vitest";
import { Duration } from "./duration.js";

test.each([
  ["90", 90],
  ["90s", 90],
  ["1.5m", 90],
  ["30 m", 1800],
  ["2h", 7200],
  ["1d", 86_400],
  [0.5, 0.5],
])("%s is %d seconds", (time, seconds) => {
  expect(Duration.parse(time)).toBe(seconds);
});

test.each(["", "m", "2 hours", "-1", "0", "1e3", -1, 0, Infinity, "99999999d", null])("%s is no time", (time) => {
  const { error } = Duration.safeParse(time);
  expect(error?.issues.map(({ message }) => message)).toEqual([
    "must be a time such as 90s, 30m or 2h, or a number of seconds",
  ]);
});

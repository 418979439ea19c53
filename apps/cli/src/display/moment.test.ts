import { expect, test } from "vitest";
import { formatMoment } from "./moment.js";

const now = new Date(2026, 10, 28, 12);

test("a moment of this year says the minute, an earlier one the year", () => {
  expect(formatMoment(new Date(2026, 0, 2, 3, 4), now)).toBe("01-02 03:04");
  expect(formatMoment(new Date(2025, 11, 31, 23, 59), now)).toBe("2025-12-31");
});

test("a moment that is not known, or is none, is a dash", () => {
  expect([formatMoment(null), formatMoment(new Date("?"))]).toEqual(["-", "-"]);
});

import { expect, test } from "vitest";
import { ago, bytes, count, duration, figure, moment, percent, roughly, short, UNKNOWN } from "./figures.js";

test.each([count, short, figure, percent, bytes, duration, roughly, moment])(
  "%o of what is not known is a dash",
  (show) => {
    expect([show(null), show(undefined)]).toEqual([UNKNOWN, UNKNOWN]);
  },
);

test("counts", () => {
  expect([count(0), count(1234567), short(999), short(1_250_000)]).toEqual(["0", "1,234,567", "999", "1.3M"]);
  expect(percent(49.6)).toBe("50 %");
});

test.each([
  [0, "0.0000"],
  [0.0006, "6.00e-4"],
  [-2.34567, "-2.3457"],
  [12.3456, "12.35"],
  [1234.56, "1234.6"],
  [123456, "1.23e+5"],
  [NaN, "NaN"],
  [Infinity, "Infinity"],
])("the figure %d is %s", (value, shown) => expect(figure(value)).toBe(shown));

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [157_286_400, "150 MiB"],
  [2 ** 60, "1048576 TiB"],
])("%d bytes are %s", (value, shown) => expect(bytes(value)).toBe(shown));

test.each([
  [-1, "0 s"],
  [59.4, "59 s"],
  [200, "3 min 20 s"],
  [18_720, "5 h 12 min"],
  [273_600, "3 d 4 h"],
])("%d seconds are %s", (value, shown) => expect(duration(value)).toBe(shown));

test.each([
  [0.2, "1 s"],
  [89, "89 s"],
  [724, "12 min"],
  [5399, "90 min"],
  [18_700, "5 h 10 min"],
  [273_600, "3 d 4 h"],
])("%d seconds are about %s", (value, shown) => expect(roughly(value)).toBe(shown));

test.each([
  [1, "just now"],
  [42, "42 s ago"],
  [125, "2 min ago"],
  [7300, "2 h ago"],
  [200_000, "2 d ago"],
  [-10, "just now"],
])("%d seconds past are %s", (seconds, shown) => expect(ago(1e12 - seconds * 1000, 1e12)).toBe(shown));

test("a moment that is none is shown as it came", () => {
  expect(moment("2026-01-02T03:04:05Z")).toMatch(/2026/);
  expect(moment("soon")).toBe("soon");
  expect(moment(0)).toMatch(/19(69|70)/);
});

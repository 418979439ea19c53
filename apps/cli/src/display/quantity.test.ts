import { expect, test } from "vitest";
import { formatBytes, formatCount, formatNumber, formatShort, formatChange } from "./quantity.js";

test("counts are grouped by thousands", () => {
  expect([0, 999, 1000, 1_234_567].map(formatCount)).toEqual(["0", "999", "1,000", "1,234,567"]);
});

test("short counts keep three digits that matter", () => {
  expect([0, 999, 999.6, 4321, 43_210, 999_600, 1_234_567, 7e9, 3e15].map(formatShort)).toEqual([
    "0",
    "999",
    "1.00k",
    "4.32k",
    "43.2k",
    "1.00M",
    "1.23M",
    "7.00G",
    "3000T",
  ]);
});

test("bytes go by powers of 1024", () => {
  expect([0, 1023, 1024, 1536, 150 * 1024, 1024 ** 3].map(formatBytes)).toEqual([
    "0 B",
    "1023 B",
    "1.00 KiB",
    "1.50 KiB",
    "150 KiB",
    "1.00 GiB",
  ]);
});

test("a loss, a rate and a perplexity show as many decimals as matter", () => {
  expect([null, 0, 0.0005, 0.05, 1.23456, 12.3456, 123.456, 1234.56, Infinity, NaN].map(formatNumber)).toEqual([
    "-",
    "0.0000",
    "5.00e-4",
    "0.0500",
    "1.2346",
    "12.346",
    "123.46",
    "1234.6",
    "Infinity",
    "NaN",
  ]);
});

test("a change has its sign, and none that cannot be told", () => {
  expect([0.0512, -0.5, 0, null].map(formatChange)).toEqual(["+5.12 %", "-50.00 %", "+0.00 %", "-"]);
});

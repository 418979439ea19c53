import { expect, test } from "vitest";
import { bar } from "./bar.js";

test("a bar fills by eighths of a column", () => {
  expect(bar(0, 4, true)).toBe("░░░░");
  expect(bar(0.5, 4, true)).toBe("██░░");
  expect(bar(0.54, 4, true)).toBe("██▏░");
  expect(bar(1, 4, true)).toBe("████");
});

test("a bar without unicode uses # and -", () => {
  expect(bar(0.5, 4, false)).toBe("##--");
});

test("a fraction out of range leaves the bar empty or full", () => {
  expect(bar(-1, 3, false)).toBe("---");
  expect(bar(7, 3, true)).toBe("███");
});

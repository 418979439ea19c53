import { describe, expect, it } from "vitest";
import { sparklinePoints } from "./sparkline.js";

describe("sparkline", () => {
  it("spans the area, with the least value at the bottom", () => {
    expect(sparklinePoints([4, 3, 2])).toBe("2.0,2.0 32.0,11.0 62.0,20.0");
  });

  it("is a line in the middle where all values are equal, and nothing for less than two", () => {
    expect(sparklinePoints([1, 1])).toBe("2.0,11.0 62.0,11.0");
    expect(sparklinePoints([1])).toBe("");
    expect(sparklinePoints([])).toBe("");
  });
});

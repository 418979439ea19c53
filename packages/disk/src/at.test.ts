import { expect, test } from "vitest";
import { at } from "./at.js";

test("an item is taken by its index, from lists and from numbers alike", () => {
  expect(at(["a", "b"], 1)).toBe("b");
  expect(at(Float64Array.of(0, 2), 0)).toBe(0);
  expect(at([null], 0)).toBeNull();
});

test.each([2, -1, 0.5, NaN])("an index of %s in a list of two is refused with both", (index) => {
  expect(() => at(["a", "b"], index)).toThrow(new RangeError(`there is no item ${index} in a list of 2`));
});

import { expect, test } from "vitest";
import { style } from "./style.js";
import { clip, visibleWidth } from "./visible.js";

const { red } = style(true);

test("colours take no columns, wide characters two, combining marks none", () => {
  expect(visibleWidth(red("abc"))).toBe(3);
  expect(visibleWidth("日本")).toBe(4);
  expect(visibleWidth("🙂")).toBe(2);
  expect(visibleWidth("e\u0301")).toBe(1);
});

test("a line is cut to the columns and its colour is closed", () => {
  expect(clip("abcdef", 4)).toBe("abcd");
  expect(clip("abc", 4)).toBe("abc");
  expect(clip(red("abcdef"), 4)).toBe(red("abcd"));
});

test("a wide character that does not fit is left out, and so is all after it", () => {
  expect(clip("ab日c", 3)).toBe("ab");
});

import { assert, constantFrom, double, property, array } from "fast-check";
import { expect, test } from "vitest";
import type { Span } from "./curves.js";
import { panned, zoomed, zoomKey } from "./zoom.js";

const whole: Span = { from: 100, to: 200 };

test("zooming keeps the middle where it can, and what would show all is all", () => {
  expect(zoomed(null, 0.5, whole)).toEqual({ from: 125, to: 175 });
  expect(zoomed({ from: 100, to: 120 }, 0.5, whole)).toEqual({ from: 105, to: 115 });
  expect(zoomed({ from: 100, to: 120 }, 2, whole)).toEqual({ from: 100, to: 140 });
  expect(zoomed({ from: 125, to: 175 }, 2, whole)).toBeNull();
});

test("moving stops where the points end", () => {
  expect(panned({ from: 120, to: 140 }, 0.5, whole)).toEqual({ from: 130, to: 150 });
  expect(panned({ from: 120, to: 140 }, -9, whole)).toEqual({ from: 100, to: 120 });
  expect(panned({ from: 120, to: 140 }, 9, whole)).toEqual({ from: 180, to: 200 });
  expect(panned(null, 1, whole)).toBeNull();
});

test("keys zoom in and out, move, and show all again; others do nothing", () => {
  expect(zoomKey("+", null, whole)).toEqual({ from: 125, to: 175 });
  expect(zoomKey("=", null, whole)).toEqual({ from: 125, to: 175 });
  expect(zoomKey("-", { from: 125, to: 150 }, whole)).toEqual({ from: 112.5, to: 162.5 });
  expect(zoomKey("ArrowLeft", { from: 150, to: 190 }, whole)).toEqual({ from: 140, to: 180 });
  expect(zoomKey("ArrowRight", { from: 110, to: 150 }, whole)).toEqual({ from: 120, to: 160 });
  expect(zoomKey("Home", { from: 125, to: 175 }, whole)).toBeNull();
  expect(zoomKey("a", null, whole)).toBeUndefined();
});

test("whatever is pressed, what is shown is a part of the whole", () => {
  const keys = constantFrom("+", "-", "ArrowLeft", "ArrowRight", "Home");
  assert(
    property(array(keys, { maxLength: 80 }), double({ min: 1, max: 1e9, noNaN: true }), (pressed, width) => {
      const all = { from: 0, to: width };
      let shown: Span | null = null;
      for (const key of pressed) {
        shown = zoomKey(key, shown, all) ?? null;
        if (shown === null) continue;
        expect(shown.from).toBeGreaterThanOrEqual(0);
        expect(shown.to).toBeLessThanOrEqual(width * (1 + 1e-12));
        expect(shown.to).toBeGreaterThan(shown.from);
      }
    }),
  );
});

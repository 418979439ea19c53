import { expect, test } from "vitest";
import { curves } from "./curves.js";
import { style } from "./style.js";

const view = { width: 20, height: 5, unicode: false, paint: style(false) };
const line = (from: number, to: number) => [
  { step: 1, loss: from },
  { step: 10, loss: to },
];

test("several curves share a frame and a scale, each with its glyph", () => {
  const drawn = curves([line(4, 2), line(4, 0)], view).join("\n");
  expect(drawn).toContain("4.0000 |");
  expect(drawn).toContain("0.0000 |");
  expect(drawn).toContain("step 10");
  expect(drawn).toMatch(/o/);
  expect(drawn).toMatch(/x/);
});

test("the first curves have colours, and later ones glyphs alone", () => {
  const drawn = curves(
    [1, 2, 3, 4, 5].map((i) => line(i, i + 1)),
    { ...view, paint: style(true) },
  ).join("\n");
  expect(drawn).toContain("\u001B[36mo\u001B[39m");
  expect(drawn).toContain("#");
  expect(drawn).not.toContain("m#");
});

test("too little to draw, or too little room, is no picture", () => {
  expect(curves([[{ step: 1, loss: 1 }]], view)).toEqual([]);
  expect(curves([line(1, 2)], { ...view, width: 10 })).toEqual([]);
});

import { expect, test } from "vitest";
import { curve } from "./curve.js";

const falling = [
  { step: 1, loss: 8 },
  { step: 50, loss: 5 },
  { step: 100, loss: 2 },
];

test("a falling loss falls from the upper left to the lower right", () => {
  expect(curve(falling, [], { width: 12, height: 4, unicode: false })).toEqual([
    "8.0000 |**",
    "       |  **",
    "       |    ****",
    "2.0000 |        ****",
    "       +------------",
    "        1   step 100",
  ]);
});

test("braille draws eight dots a character, and validation is marked in its own colour", () => {
  const lines = curve(falling, [{ step: 100, loss: 3 }], {
    width: 6,
    height: 2,
    unicode: true,
    mark: (text) => `<${text}>`,
  });
  expect(lines.slice(0, 3)).toEqual(["8.0000 ┤⠑⠤⡀", "2.0000 ┤  ⠈⠒⠤<◆>", "       └──────"]);
});

test("validation stands as o where there is no unicode", () => {
  const lines = curve([], falling, { width: 9, height: 3, unicode: false });
  expect(lines.slice(0, 3)).toEqual(["8.0000 |o", "       |    o", "2.0000 |        o"]);
});

test("a flat loss and a single step do not divide by zero", () => {
  const flat = [
    { step: 3, loss: 2 },
    { step: 3, loss: 2 },
  ];
  expect(curve(flat, [], { width: 4, height: 2, unicode: false })[0]).toBe("2.0000 |*");
});

test("fewer than two points make no curve", () => {
  expect(curve([{ step: 1, loss: 3 }], [], { width: 4, height: 2, unicode: true })).toEqual([]);
});

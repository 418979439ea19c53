import { expect, test } from "vitest";
import { printable } from "./printable.js";

test("what would steer the terminal is made visible; newlines and tabs stay", () => {
  expect(printable("a\u001B[2Jb\u0000\u007F\u009B\n\tc")).toBe("a␛[2Jb␀␡\uFFFD\n\tc");
});

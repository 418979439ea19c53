import { codePoint } from "@trainer/testing/code-points";
import { assert, oneof, property, string } from "fast-check";
import { expect, test } from "vitest";
import { keyOf, PointLine } from "./points.js";

test("figures of each of several texts have names of their own beside those of their mixture", () => {
  const sources = [
    { source: "wiki", loss: 2, bits_per_byte: 1, ppl: 7, tokens: 5 },
    { source: "/my/notes", loss: 4, bits_per_byte: null },
  ];
  const { of, scalars } = PointLine.parse({ step: 9, tokens: 2, split: "validation", loss: 3, sources });
  expect([of, Object.fromEntries(scalars)]).toEqual([
    "validation",
    {
      "validation/loss": 3,
      "validation/loss/wiki": 2,
      "validation/bits_per_byte/wiki": 1,
      "validation/loss/_my_notes": 4,
    },
  ]);
});

test("any text has a name that trackers take", () => {
  expect(["..", "", "a b-c.txt", "Größe", "日本"].map(keyOf)).toEqual(["_..", "_", "a b-c.txt", "Größe", "日本"]);
  const names = oneof(string({ unit: codePoint }), string({ minLength: 90, maxLength: 300 }));
  assert(property(names, (name) => /^[\p{L}\p{N}_.\- ]{1,100}$/u.test(keyOf(name))));
});

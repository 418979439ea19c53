import * as fc from "fast-check";
import { expect, test } from "vitest";
import { linesTsv, unitsTsv } from "./tsv.js";

test("parts of a text are a table with their alternatives", () => {
  const units = [
    { text: "a", name: null, offset: 0, bits: null, expected: [] },
    {
      text: "\tb\\\r\n",
      name: null,
      offset: 1,
      bits: 2.5,
      expected: [
        ["c", 0.5],
        ["\n", 0.25],
      ],
    },
    { text: "", name: "</s>", offset: 6, bits: 1, expected: [] },
  ] as const;
  expect(unitsTsv(units)).toBe(
    [
      "offset\ttext\tname\tbits\talternative_1\tprobability_1\talternative_2\tprobability_2\n",
      "0\ta\t\t\n",
      "1\t\\tb\\\\\\r\\n\t\t2.5\tc\t0.5\t\\n\t0.25\n",
      "6\t\t</s>\t1\n",
    ].join(""),
  );
});

test("lines are a table with their sums", () => {
  expect(linesTsv([{ number: 1, text: "ab", characters: 4, bits: 2 }])).toBe(
    "line\tcharacters\tbits\tbits_per_character\ttext\n1\t4\t2\t0.5\tab\n",
  );
});

test("no text breaks the table, and each can be had back", () => {
  const back = (cell: string) =>
    cell.replace(/\\(.)/g, (_, each: string) => ({ t: "\t", n: "\n", r: "\r" })[each] ?? each);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const [, line = "", ...rest] = unitsTsv([{ text, name: null, offset: 0, bits: 1, expected: [] }]).split("\n");
      expect(rest).toEqual([""]);
      expect(line.split("\t").map(back)).toEqual(["0", text, "", "1"]);
    }),
  );
});

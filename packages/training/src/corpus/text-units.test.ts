import * as fc from "fast-check";
import { expect, test } from "vitest";
import { LINE, TextUnits, WORD } from "./text-units.js";

test("lines are counted and found the same however the text is cut into pieces", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("a", "é", " ", "\n", "\r\n")),
      fc.integer({ min: 1, max: 5 }),
      (parts, size) => {
        const text = Buffer.from(parts.join(""));
        const units = new TextUnits(LINE);
        const ends: number[] = [];
        for (let at = 0; at < text.length; at += size) {
          units.scan(text.subarray(at, at + size), (end) => ends.push(at + end));
        }
        const lines = parts.join("").split("\n");
        expect(units.total).toBe(lines.filter((line) => line.trim() !== "").length);
        expect(units.count).toBe(ends.length);
        for (const end of ends) expect(text[end - 1]).toBe(LINE);
      },
    ),
  );
});

test("words are units where there are no lines", () => {
  const units = new TextUnits(WORD);
  units.scan(Buffer.from(" one  two three"));
  expect([units.count, units.total]).toEqual([2, 3]);
});

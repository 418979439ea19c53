import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fenced, fit, plain, ticked } from "./fit.js";
import { bar, bytes, decimal, duration } from "./quantity.js";

test("a text is cut to a length between characters, and shows that it was", () => {
  expect(fit("abc", 3)).toBe("abc");
  expect(fit("abcd", 3)).toBe("ab…");
  expect(fit("a😀b", 3)).toBe("a…"); // never half of a character
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 20 }), (text, max) => {
      const cut = fit(text, max);
      expect(cut.length).toBeLessThanOrEqual(max);
      expect(Buffer.from(cut).toString()).toBe(cut); // no half of a character
    }),
  );
});

test("nothing in a fenced text closes the fence, and nothing is shown as nothing", () => {
  expect(fenced("a```b", 100)).toBe("```\na``\u200b`b\n```");
  expect(fenced(" \n", 100)).toBe("```\n\u200b\n```");
  expect(fenced("x".repeat(200), 100)).toHaveLength(100);
  expect(ticked("a`b")).toBe("`a'b`");
  expect(ticked("")).toBe("`\u200b`");
  const text = fc.string({ unit: fc.constantFrom("`", "a", "\n", "\u200b"), maxLength: 60 });
  fc.assert(
    fc.property(text, fc.integer({ min: 10, max: 100 }), (inside, max) => {
      const whole = fenced(inside, max);
      expect(whole.length).toBeLessThanOrEqual(max);
      expect(whole.split("```")).toEqual(["", expect.stringMatching(/^\n[^]*\n$/), ""]); // one fence, opened and closed
    }),
  );
  expect(plain("- a\n 2. b\n1.5 - 2")).toBe("\\- a\n 2\\. b\n1\\.5 - 2");
  expect(plain("*a* <@1>")).toBe("\\*a\\* <\\@1\\>");
});

test("numbers that are none have a sign", () => {
  expect([1.23456, null, NaN, Infinity, -Infinity].map((value) => decimal(value, 2))).toEqual([
    "1.23",
    "?",
    "?",
    "∞",
    "-∞",
  ]);
});

test("times and sizes are said as people say them", () => {
  expect([0, 0.4, 59, 60, 3570, 3600, 47.5 * 3600, 49 * 3600, 10 * 86_400].map(duration)).toEqual([
    "1 s",
    "1 s",
    "59 s",
    "1 min",
    "1 h 0 min",
    "1 h 0 min",
    "47 h 30 min",
    "2 days",
    "10 days",
  ]);
  expect([0, 1023, 1024, 3 * 2 ** 20, 2 ** 52].map(bytes)).toEqual([
    "0 B",
    "1023 B",
    "1.0 KiB",
    "3.0 MiB",
    "4096.0 TiB",
  ]);
  expect([-1, 0.5, 2].map((part) => bar(part, 4))).toEqual(["----", "##--", "####"]);
});

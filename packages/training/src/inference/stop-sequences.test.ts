import * as fc from "fast-check";
import { expect, test } from "vitest";
import { StopSequences } from "./stop-sequences.js";

/** Output of pushing `pieces`, piece by piece. */
const run = (stops: readonly string[], pieces: readonly string[]) => {
  const matcher = new StopSequences(stops);
  const out = pieces.map((piece) => matcher.push(piece));
  return { out: [...out, matcher.end()], stopped: matcher.stopped };
};

test("text before a stop sequence is given out, the stop sequence and what follows is not", () => {
  expect(run(["\nUser:"], ["Hello", " there\nUser: hi", "more"])).toEqual({
    out: ["Hello", " there", "", ""],
    stopped: true,
  });
});

test("a stop sequence across pieces is found, and nothing of it given out early", () => {
  expect(run(["STOP"], ["a S", "T", "OP b"])).toEqual({ out: ["a ", "", "", ""], stopped: true });
});

test("what looked like a stop sequence and was none comes out after all", () => {
  expect(run(["STOP"], ["a ST", "ONE S"])).toEqual({ out: ["a ", "STONE ", "S"], stopped: false });
  expect(run(["aab"], ["aaa", "aab"]).out.join("")).toBe("aaa");
});

test("of several stop sequences the one that begins first cuts", () => {
  expect(run(["c", "bcd"], ["abcd"]).out.join("")).toBe("a");
});

test("without stop sequences every piece passes at once", () => {
  expect(run([], ["a", "b"])).toEqual({ out: ["a", "b", ""], stopped: false });
});

test("the output is the text before the first complete stop sequence, however the text is cut", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 40 });
  const stop = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(text, { maxLength: 6 }), fc.array(stop, { minLength: 1, maxLength: 3 }), (pieces, stops) => {
      const { out, stopped } = run(stops, pieces);
      const whole = pieces.join("");
      const output = out.join("");
      expect(whole.startsWith(output)).toBe(true);
      expect(stops.some((s) => output.includes(s))).toBe(false);
      expect(stopped).toBe(stops.some((s) => whole.includes(s)));
      const rest = whole.slice(output.length);
      expect(stopped ? stops.some((s) => rest.startsWith(s)) : rest === "").toBe(true);
    }),
  );
});

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { mostSteps } from "./time-limit.js";

test("the most steps that end in time are found, and at least one more is taken", () => {
  fc.assert(
    fc.property(
      fc.record({
        least: fc.integer({ min: 1, max: 1000 }),
        perStep: fc.double({ min: 0.01, max: 10, noNaN: true }),
        maxSeconds: fc.double({ min: 0.1, max: 10_000, noNaN: true }),
      }),
      ({ least, perStep, maxSeconds }) => {
        const endOf = (total: number) => perStep * total + Math.floor(total / 10); // a validation every ten
        const most = mostSteps(least, endOf, maxSeconds);
        expect(most).toBeGreaterThanOrEqual(least);
        expect(most === least || endOf(most) < maxSeconds).toBe(true);
        expect(endOf(most + 1)).toBeGreaterThanOrEqual(maxSeconds);
      },
    ),
  );
});

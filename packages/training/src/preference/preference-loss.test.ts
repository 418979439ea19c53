import { near } from "@trainer/testing";
import { tensor } from "@trainer/torch";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { dpoLoss } from "./preference-loss.js";

/** -log σ(x) in float64. */
const minusLogSigmoid = (x: number) => Math.max(0, -x) + Math.log1p(Math.exp(-Math.abs(x)));

test("DPO's loss and its gradient are those of the formulas in float64, with any part of the pairs the wrong way round", () => {
  const gain = fc.float({ min: -300, max: 300, noNaN: true });
  const pairs = fc.array(fc.tuple(gain, gain), { minLength: 1, maxLength: 5 });
  const smoothings = fc.constantFrom(0, 0.1, 0.25, 0.5);
  fc.assert(
    fc.property(pairs, fc.constantFrom(0.05, 0.1, 1), smoothings, (given, beta, smoothing) => {
      const sideOf = (side: 0 | 1) => Float32Array.from(given, (pair) => pair[side]);
      const chosen = tensor(sideOf(0), [given.length]);
      chosen.requiresGrad = true;
      const loss = dpoLoss({ chosen, rejected: tensor(sideOf(1), [given.length]) }, beta, smoothing);
      const leads = given.map(([a, b]) => beta * (Math.fround(a) - Math.fround(b)));
      const each = leads.map((x) => (1 - smoothing) * minusLogSigmoid(x) + smoothing * minusLogSigmoid(-x));
      const wanted = each.reduce((sum, x) => sum + x, 0) / given.length;
      expect(Math.abs(loss.item() - wanted)).toBeLessThan(1e-5 * Math.max(1, wanted));
      loss.backward();
      const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
      const gradients = leads.map(
        (x) => (beta / given.length) * (smoothing * sigmoid(x) - (1 - smoothing) * sigmoid(-x)),
      );
      expect(Array.from(chosen.grad?.data() ?? [], Number)).toEqual(gradients.map((value) => near(value, 5)));
    }),
    { numRuns: 50 },
  );
});

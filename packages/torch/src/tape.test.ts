import { expect, test } from "vitest";

import { currentAutocast } from "./amp.js";
import {
  autocast,
  dropout,
  type Each,
  linear,
  manualSeed,
  memoryStats,
  randn,
  scope,
  Tape,
  type Tensor,
} from "./index.js";

const one: Each<Tensor> = (x, f) => f(x);
interface Pair {
  readonly a: Tensor;
  readonly b: Tensor | null;
}
const pair: Each<Pair> = ({ a, b }, f) => ({ a: f(a), b: b && f(b) });

const parameter = (shape: number[]) => {
  const t = randn(shape);
  t.requiresGrad = true;
  return t;
};
const bits = (t: Tensor | null) => (t === null ? null : [...t.data()]);

/** Three layers with dropout between two that are tied to the first; the gradients of all that they were made from. */
function gradients(tape: Tape | null, { half = false, passes = 1 } = {}) {
  manualSeed(3);
  const x = parameter([4, 8]);
  const weights = Array.from({ length: 3 }, () => parameter([8, 8]));
  const [tied = x] = weights;
  const losses: number[] = [];
  for (let pass = 0; pass < passes; pass++) {
    const forward = () => {
      let y = half ? x : linear(x, tied);
      for (const w of weights) {
        const layer = (t: Tensor) => dropout(linear(t, w).tanh(), 0.3, true).add(t);
        y = tape === null ? layer(y) : tape.run(layer, y, one);
      }
      return half ? y.pow(2).mean() : linear(y, tied).pow(2).mean();
    };
    const loss = half ? autocast({ device: "cpu", dtype: "bfloat16" }, forward) : forward();
    if (tape === null) loss.backward();
    else tape.backward(loss, [tied]);
    losses.push(loss.item());
  }
  return { losses, grads: [x, ...weights].map((t) => bits(t.grad)), next: randn([2]).toArray() };
}

test("segments give the loss, the gradients and the random numbers that come next, bit for bit", () => {
  expect(gradients(new Tape())).toEqual(gradients(null));
});

// Within one autocast a parameter's uses share one half copy, which sums their gradients in half: nothing is tied here.
test("in bfloat16 too, and summed over several passes where a parameter is used twice", () => {
  expect(gradients(new Tape(), { half: true })).toEqual(gradients(null, { half: true }));
  expect(gradients(new Tape(), { passes: 3 })).toEqual(gradients(null, { passes: 3 }));
});

test("a segment may pass on several tensors, of which the loss uses some, and one may go into two segments", () => {
  const run = (tape: Tape | null) => {
    manualSeed(5);
    const [w, v] = [parameter([6, 6]), parameter([6, 6])];
    const segment = (block: (x: Pair) => Pair, x: Pair) => (tape === null ? block(x) : tape.run(block, x, pair));
    const first = segment(({ a }) => ({ a: linear(a, w), b: linear(a, v).sigmoid() }), {
      a: parameter([3, 6]),
      b: null,
    });
    const second = segment(({ a, b }) => ({ a: a.mul(b ?? 1), b: a.add(1) }), first);
    const third = segment(({ a, b }) => ({ a: a.sub(b ?? 0), b: linear(a, v) }), first);
    segment(({ a }) => ({ a: linear(a, w), b: null }), third); // nothing comes of it
    const loss = second.a.sum().add(third.a.pow(2).sum());
    if (tape === null) loss.backward();
    else tape.backward(loss, [w, v]);
    return [bits(w.grad), bits(v.grad)];
  };
  expect(run(new Tape())).toEqual(run(null));
});

test("autocast is on again for what is computed again, unless it was off", () => {
  const seen: (string | undefined)[] = [];
  const look = (t: Tensor) => {
    seen.push(currentAutocast()?.dtype);
    return t.mul(2);
  };
  const options = { device: "cpu", dtype: "bfloat16" } as const;
  for (const enabled of [true, false]) {
    const tape = new Tape();
    const y = autocast({ ...options, enabled }, () => tape.run(look, parameter([2]), one));
    tape.backward(y.sum());
  }
  expect(seen).toEqual(["bfloat16", "bfloat16", undefined, undefined]);
});

test("what needs no gradient gets none, and shared parameters without one keep what they had", () => {
  const tape = new Tape();
  const [frozen, x, unused] = [randn([4, 4]), randn([2, 4]), parameter([2])];
  unused.sum().backward();
  const y = tape.run((t) => linear(t, frozen), x, one);
  tape.backward(y.sum(), [unused, frozen]);
  expect([frozen.grad, x.grad, unused.grad?.toArray()]).toEqual([null, null, [1, 1]]);
});

test("a segment's input that its result does not depend on gets no gradient", () => {
  const [x, w] = [parameter([3]), parameter([3])];
  const tape = new Tape();
  tape.backward(tape.run(() => w.mul(2), x, one).sum());
  expect([x.grad, w.grad?.toArray()]).toEqual([null, [2, 2, 2]]);
});

test("nothing stays behind, and a segment's failure leaves recording on", () => {
  const w = parameter([4, 4]);
  const before = memoryStats().liveTensors;
  for (let i = 0; i < 3; i++) {
    scope(() => {
      const tape = new Tape();
      tape.backward(tape.run((t) => linear(t, w), randn([2, 4]), one).sum());
    });
  }
  expect(memoryStats().liveTensors).toBe(before);
  const fails = () => {
    throw new Error("no");
  };
  expect(() => new Tape().run(fails, w, one)).toThrow("no");
  expect(w.sum().requiresGrad).toBe(true);
});

import { expect, test } from "vitest";

import {
  AdamW,
  crossEntropy,
  enableGrad,
  isGradEnabled,
  keep,
  memoryStats,
  nn,
  noGrad,
  ones,
  Params,
  randint,
  scope,
  Tensor,
  tensor,
  TorchError,
  zeros,
} from "./index.js";

const isAlive = (t: Tensor): boolean => {
  try {
    return t.ndim >= 0;
  } catch (error) {
    if (error instanceof TorchError && error.code === "DISPOSED") return false;
    throw error;
  }
};

test("what a scope makes is freed, but what it returns", () => {
  const inner: Tensor[] = [];
  const kept = scope(() => {
    const a = ones([2]);
    const b = a.add(1);
    inner.push(a, b);
    return b.mul(2);
  });
  expect(inner.map(isAlive)).toEqual([false, false]);
  expect(kept.toArray()).toEqual([4, 4]);
});

test("returned arrays, objects, maps and cycles of tensors are kept", () => {
  const cycle: { self?: unknown; t?: Tensor } = {};
  const made = scope(() => {
    cycle.self = cycle;
    cycle.t = ones([1]);
    const bare = { __proto__: null, d: ones([1]) };
    return {
      a: [ones([1]), [ones([1])]],
      b: new Map([["c", ones([1])]]),
      bare,
      cycle,
      n: 1,
      none: null,
      date: new Date(0),
    };
  });
  const all = [made.a[0], made.b.get("c"), made.bare.d, made.cycle.t];
  expect(all.map((t) => t instanceof Tensor && isAlive(t))).toEqual([true, true, true, true]);
});

test("scopes nest: what an inner one returns belongs to the outer one", () => {
  let innerResult: Tensor | undefined;
  const before = memoryStats().liveTensors;
  scope(() => {
    innerResult = scope(() => ones([1]).add(1));
    expect(innerResult.item()).toBe(2);
    expect(scope(() => innerResult)).toBe(innerResult);
    expect(isAlive(innerResult)).toBe(true);
  });
  expect(innerResult !== undefined && isAlive(innerResult)).toBe(false);
  expect(memoryStats().liveTensors).toBe(before);
});

test("a scope that throws frees all, and the one around it goes on", () => {
  const before = memoryStats().liveTensors;
  scope(() => {
    expect(() =>
      scope(() => {
        ones([3]);
        throw new Error("inside");
      }),
    ).toThrow("inside");
    expect(ones([1]).item()).toBe(1);
  });
  expect(memoryStats().liveTensors).toBe(before);
});

test("an async function has no scope", () => {
  expect(() => scope(async () => ones([1]))).toThrow(/done when it returns/);
  expect(() => scope(() => Promise.reject(new Error("later")))).toThrow(/done when it returns/);
  expect((): unknown => Reflect.apply(scope, undefined, [1])).toThrow("scope: expected a function, got 1");
});

test("keep takes a tensor out of every scope", () => {
  const t = scope(() => {
    scope(() => keep(ones([2])));
    const held = keep(ones([2]));
    keep(held);
    return { held: [held] };
  }).held[0];
  expect(t?.toArray()).toEqual([1, 1]);
  t?.dispose();
  expect(() => keep(t ?? ones([1]))).toThrow(/disposed/);
});

test("using and dispose free one tensor at once; twice is nothing", () => {
  const before = memoryStats().liveTensors;
  {
    using t = ones([2]);
    expect(t.numel).toBe(2);
    expect(memoryStats().liveTensors).toBe(before + 1);
    t.dispose();
  }
  expect(memoryStats().liveTensors).toBe(before);
});

test("tensors outside any scope are freed by the collector", async () => {
  const before = memoryStats().liveTensors;
  const make = (): void => {
    for (let i = 0; i < 100_000; i++) ones([1]);
  };
  make();
  expect(memoryStats().liveTensors).toBeGreaterThan(before);
  for (let i = 0; i < 200 && memoryStats().liveTensors > before + 50_000; i++) {
    zeros([1 << 20]); // 4 MB that V8 knows of
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect(memoryStats().liveTensors).toBeLessThanOrEqual(before + 50_000);
});

test("noGrad and enableGrad nest, and put back what was, also after an error", () => {
  expect(isGradEnabled()).toBe(true);
  noGrad(() => {
    expect(isGradEnabled()).toBe(false);
    expect(enableGrad(() => isGradEnabled())).toBe(true);
    expect(isGradEnabled()).toBe(false);
  });
  expect(() => noGrad(() => tensor([1, 2]).item())).toThrow(TorchError);
  expect(isGradEnabled()).toBe(true);
});

test("native memory is flat over 1,000 training steps", () => {
  const params = new Params();
  const table = nn.embedding(params.at("table"), 64, 128);
  const out = nn.linear(params.at("out"), 128, 64);
  const optimizer = new AdamW(params.named());
  const ids = randint(0, 64, [256]);
  const step = (): number =>
    scope(() => {
      const loss = crossEntropy(out(table(ids).gelu()), ids);
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      return loss.item();
    });
  for (let i = 0; i < 200; i++) step();
  const before = memoryStats();
  let loss = 0;
  for (let i = 0; i < 1000; i++) loss = step();
  const after = memoryStats();
  expect(loss).toBeLessThan(0.1);
  expect(after.liveTensors).toBe(before.liveTensors);
  // A step makes about 2 MB, so a leak of one in a hundred would show; V8's own heap moves by some MB.
  expect(after.rssBytes - before.rssBytes).toBeLessThan(20 << 20);
});

import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import * as torch from "./index.js";
import { scope, Tensor, tensor } from "./index.js";

// test/fixtures/ops.json is what PyTorch computed (ops.py beside it).

interface Packed {
  shape: number[];
  dtype: torch.DType;
  data: number[];
}
interface Case {
  name: string;
  inputs: Packed[];
  args: unknown[];
  output: unknown;
  dim?: number;
}

function isCases(value: unknown): value is { methods: Case[]; functions: Case[] } {
  return typeof value === "object" && value !== null && "methods" in value && "functions" in value;
}

function isPacked(value: unknown): value is Packed {
  return typeof value === "object" && value !== null && "shape" in value;
}

function isFunction(value: unknown): value is (this: unknown, ...args: unknown[]) => unknown {
  return typeof value === "function";
}

const cases: unknown = JSON.parse(
  readFileSync(new URL("../test/fixtures/ops.json", import.meta.url), "utf8").replaceAll(/(-?Infinity|NaN)/g, '"$1"'),
);
if (!isCases(cases)) throw new Error("ops.json is not what ops.py writes");

const unpack = ({ shape, dtype, data }: Packed): Tensor => tensor(data.map(Number), shape, { dtype });

/** Difference of a result from PyTorch's, in words; "" for none. */
function difference(actual: unknown, expected: unknown): string {
  if (isPacked(expected)) {
    if (!(actual instanceof Tensor)) return "not a Tensor";
    const want = unpack(expected);
    if (`${actual.shape}` !== `${want.shape}`) return `shape (${actual.shape}), not (${want.shape})`;
    if (actual.dtype !== want.dtype) return `${actual.dtype}, not ${want.dtype}`;
    const close = actual.to("float64").allclose(want.to("float64"), { rtol: 1e-5, atol: 1e-6, equalNan: true });
    return close ? "" : `${actual.toArray()}, not ${want.toArray()}`;
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return `not an array of ${expected.length}`;
    return expected.map((e, i) => difference(actual[i], e)).join("");
  }
  return actual === expected ? "" : `${actual}, not ${expected}`;
}

test.each(cases.methods.map((c, i) => [c.name, i, c] as const))("%s (case %i) is PyTorch's", (name, _, c) => {
  scope(() => {
    const [self, ...others] = c.inputs.map(unpack);
    const method: unknown = Reflect.get(Tensor.prototype, name);
    if (!isFunction(method)) throw new Error(`Tensor has no method ${name}`);
    const dim = c.dim === undefined ? [] : [c.dim];
    expect(difference(method.call(self, ...dim, ...others, ...c.args.map((a) => a ?? undefined)), c.output)).toBe("");
  });
});

test.each(cases.functions.map((c, i) => [c.name, i, c] as const))(
  "function %s (case %i) is PyTorch's",
  (name, _, c) => {
    scope(() => {
      const f: unknown = Reflect.get(torch, name);
      if (!isFunction(f)) throw new Error(`there is no function ${name}`);
      expect(difference(f(...c.inputs.map(unpack), ...c.args), c.output)).toBe("");
    });
  },
);

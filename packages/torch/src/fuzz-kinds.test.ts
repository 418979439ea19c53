import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, expect, test } from "vitest";

import { randn, scope, Tensor, tensor, zeros } from "./index.js";
import { addon } from "./load.js";
import { internalOp } from "./op.js";
import { Generator } from "./random.js";

// Operators that make files make them here.
const home = process.cwd();
const folder = mkdtempSync(join(tmpdir(), "fuzz-"));
process.chdir(folder);
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

// Operators with arguments of the right kinds and values that do not fit each other: this reaches libtorch's and our kernels' own
// checks. In a process of its own, as all tests are: a crash fails it.

const source = ["ops.ts", "fused/kernels.ts"].map((f) => readFileSync(new URL(f, import.meta.url), "utf8")).join("");
const names = [...source.matchAll(/"((?:aten|trainer)::[\w.]+)"/g)].map(([, name = ""]) => name);

let a = 99;
function next(): number {
  a = (a + 0x6d2b79f5) | 0;
  let t = Math.imul(a ^ (a >>> 15), 1 | a);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(next() * list.length)];

const shapes = [
  [],
  [0],
  [1],
  [3],
  [4],
  [2, 3],
  [3, 2],
  [3, 3],
  [0, 3],
  [2, 3, 4],
  [1, 2, 3, 4],
  [2, 2, 3, 4],
  [2, 12],
  [4, 12],
];
const dtypes = [
  "float32",
  "float32",
  "float32",
  "float32",
  "float64",
  "bfloat16",
  "float16",
  "int64",
  "int64",
  "int32",
  "bool",
] as const;

function anyTensor(): Tensor {
  const shape = pick(shapes) ?? [];
  const dtype = pick(dtypes) ?? "float32";
  if (next() < 0.05) return zeros(shape, { dtype, device: "meta" });
  let made = randn(shape).mul(3).to(dtype);
  if (next() < 0.1 && shape.length > 1) made = made.transpose(0, 1);
  if (next() < 0.1)
    made = zeros([1])
      .to(dtype)
      .expand(shape.length === 0 ? [1] : shape);
  if (next() < 0.2 && dtype === "float32") made.requiresGrad = true;
  return next() < 0.1 ? tensor([0, -1, 2, 99], [4], { dtype: "int64" }) : made;
}

function valueOf(type: string): unknown {
  if (type.endsWith("?") && next() < 0.5) return undefined;
  const plain = type.replace(/\([a-z]!?( -> \*)?\)/, "").replace("?", "");
  if (plain === "Tensor") return anyTensor();
  if (plain.startsWith("Tensor")) return Array.from({ length: Math.floor(next() * 4) }, anyTensor);
  if (plain === "Generator") return next() < 0.5 ? undefined : new Generator(1);
  if (plain === "ScalarType") return pick(dtypes);
  if (plain === "Device") return pick(["cpu", "meta"]);
  if (plain === "Layout") return "strided";
  if (plain === "bool") return next() < 0.5;
  if (plain === "str") return pick(["none", "tanh", "x"]);
  if (/int\[\d*\]$/i.test(plain)) return pick([...shapes, [-1], [-2, 3], [1, -1], [2 ** 40, 2 ** 40], [7, 0]]);
  if (/int$/i.test(plain)) return pick([-3, -2, -1, 0, 1, 2, 3, 4, 7, 2 ** 62]);
  return pick([-1, 0, 0.1, 0.5, 1, 2, NaN, Infinity, 1e300]);
}

const operators = names.map((name) => {
  const { schema } = addon.resolve(name);
  const [, args = ""] = /\(([^]*)\) -> /.exec(schema) ?? [];
  const types = args
    .replaceAll("*, ", "")
    .split(/,\s*(?![^[]*\])/)
    .map((arg) => arg.split(" ")[0] ?? "");
  return { name, types, call: internalOp<unknown[], unknown>(name) };
});

test.each(operators)("$name refuses what does not fit, and computes what does", ({ call, types }) => {
  let [answered, refused] = [0, 0];
  for (let i = 0; i < 120; i++) {
    scope(() => {
      const args = types.map(valueOf);
      try {
        const result = call(...args);
        if (result instanceof Tensor && result.requiresGrad && result.device === "cpu") result.sum().backward();
        answered++;
      } catch (error) {
        if (!(error instanceof Error)) throw new Error("an operator threw what is no Error", { cause: error });
        refused++;
      }
    });
  }
  expect(answered + refused).toBe(120);
});

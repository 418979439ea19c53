import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, expect, test } from "vitest";

import * as torch from "./index.js";
import { Generator, Tensor, tensor, zeros } from "./index.js";

// Operators that make files make them here.
const home = process.cwd();
const folder = mkdtempSync(join(tmpdir(), "fuzz-"));
process.chdir(folder);
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

// Every exported function, class and method is called with every kind of JavaScript value. Vitest runs this file in a
// process of its own: a crash fails it. Sizes are small or beyond any memory, so that no call really takes the
// machine's.

const CALLS = 25_000;

/** mulberry32: the calls are the same on every run. */
function random(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const next = random(7);
const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(next() * list.length)];

const cyclic: Record<string, unknown> = {};
cyclic["self"] = cyclic;
const detached = new Float32Array(4);
structuredClone(detached, { transfer: [detached.buffer] });

/** An array that runs code while it is read: it throws, or pulls a tensor away from under the call. */
function treacherous(victim: Tensor, throws: boolean): number[] {
  const list = [2, 3];
  Object.defineProperty(list, 0, {
    get() {
      if (throws) throw new Error("not today");
      for (let i = 0; i < 100; i++) zeros([1]);
      victim.dispose();
      return 2;
    },
  });
  return list;
}

function tensors(): Tensor[] {
  const gone = zeros([2]);
  gone.dispose();
  const trained = tensor([1, 2, 3, 4], [2, 2]);
  trained.requiresGrad = true;
  const base = tensor([1, 2, 3, 4, 5, 6], [2, 3]);
  return [
    base,
    base.t(),
    tensor([0, 2, 1], [3], { dtype: "int64" }),
    tensor([9, -7, 3], [3], { dtype: "int64" }),
    tensor([1, 0, 1], [3], { dtype: "bool" }),
    tensor([0.5, NaN, Infinity, -1]),
    tensor([1, 2], [2], { dtype: "float16" }),
    tensor([1, 2], [2], { dtype: "bfloat16" }),
    tensor([1, 2], [2], { dtype: "uint16" }),
    tensor([1, 2], [2], { dtype: "int8" }),
    tensor(5),
    zeros([0, 3]),
    zeros([2, 3], { device: "meta" }),
    zeros([1]).expand([2, 3]),
    torch.randn([1, 2, 4, 8]),
    torch.randn([1, 2, 6, 8]),
    trained,
    trained.mul(2),
    gone,
    new Tensor(123456789),
  ];
}

function garbage(): () => unknown {
  const own = tensors();
  const [victim = zeros([2])] = own;
  const deadGenerator = new Generator(1);
  deadGenerator.dispose();
  const pool: unknown[] = [
    undefined,
    null,
    true,
    -1,
    0,
    1,
    2,
    1.5,
    NaN,
    Infinity,
    2 ** 45,
    -(2 ** 60),
    1e300,
    3n,
    2n ** 70n,
    "",
    "sum",
    "float32",
    "int64",
    "meta",
    "cuda",
    "cuda:99999999999999",
    "tanh",
    "/proc/self/mem",
    Symbol("s"),
    () => tensor(1),
    () => {
      throw new Error("thrown in a callback");
    },
    async () => tensor(1),
    {},
    cyclic,
    { dtype: "float32", device: "meta" },
    { dtype: 7, device: {}, isCausal: "yes", dropout: -3, mask: 1, size: NaN, generator: 1 },
    { dtype: "bfloat16", device: "cpu", size: 3 },
    [],
    [2, 3],
    [-1, 3],
    [2 ** 45, 2 ** 45],
    [2 ** 62],
    [NaN, "a"],
    [[1], [2]],
    Object.assign([], { length: 5 }),
    [null, undefined],
    Array.from({ length: 70 }, () => 1),
    treacherous(victim, false),
    treacherous(victim, true),
    new Proxy([1, 2], {}),
    new Float32Array([1, 2, 3]),
    new BigInt64Array(3),
    new BigUint64Array(3),
    detached,
    new DataView(new ArrayBuffer(8)),
    new Map([["weight", victim]]),
    new Date(0),
    new Generator(5),
    deadGenerator,
    new torch.Params(),
    Object.create(Tensor.prototype),
    own,
    [victim, victim],
    [victim, 1],
  ];
  return () => pick(next() < 0.5 ? own : pool);
}

type Call = (args: unknown[]) => unknown;
const calls: [string, Call][] = [];
const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
const isFunction = (value: unknown): value is (...args: unknown[]) => unknown => typeof value === "function";
const isClass = (value: unknown): value is new (...args: unknown[]) => object =>
  typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));

function addMembers(name: string, of: unknown, make: () => unknown): void {
  for (const [key, { value, get, set }] of Object.entries(Object.getOwnPropertyDescriptors(Object(of)))) {
    if (key === "constructor") continue;
    if (isFunction(value)) calls.push([`${name}.${key}`, (args) => value.apply(make(), args)]);
    if (get) calls.push([`get ${name}.${key}`, (): unknown => get.call(make())]);
    if (set) calls.push([`set ${name}.${key}`, ([value]) => set.call(make(), value)]);
  }
}

function addAll(prefix: string, members: object): void {
  for (const [key, value] of Object.entries(members)) {
    const name = `${prefix}${key}`;
    if (/safetensors/i.test(name)) continue; // files: fuzzed by themselves
    if (isClass(value)) calls.push([`new ${name}`, (args) => new value(...args)]);
    else if (isFunction(value)) calls.push([name, (args) => value(...args)]);
    else if (isObject(value) && !Array.isArray(value)) addAll(`${name}.`, value);
  }
}

const { dieWithParent: _, ...survivable } = torch; // with another process's id it ends this one, as it should
addAll("", survivable);
addMembers("Tensor", Tensor.prototype, () => pick(tensors()));
addMembers("Slot", Object.getPrototypeOf(Tensor.prototype), () => pick(tensors()));
addMembers("Generator", Generator.prototype, () => new Generator(1));
addMembers("Params", torch.Params.prototype, () => new torch.Params());
addMembers("GradScaler", torch.GradScaler.prototype, () => new torch.GradScaler());
for (const Optimizer of [torch.AdamW, torch.SGD]) {
  const make = () =>
    new Optimizer(
      new Map(
        tensors()
          .slice(0, 1)
          .map((t) => ["a", t]),
      ),
    );
  addMembers(Optimizer.name, torch.Adam.prototype, make);
}

const threads = torch.numThreads();
afterAll(() => torch.setNumThreads(threads));

test("whatever it is called with, the addon answers or throws an Error", () => {
  const strange: string[] = [];
  for (let i = 0; i < CALLS; i++) {
    const [name, call] = calls[i % calls.length] ?? ["", () => undefined];
    torch.scope(() => {
      const args = Array.from({ length: Math.floor(next() * 6) }, garbage());
      try {
        const result = call(args);
        if (result instanceof Promise) result.catch(() => undefined);
      } catch (error) {
        if (!(error instanceof Error)) strange.push(`${name} threw ${String(error)}`);
      }
    });
  }
  expect(strange).toEqual([]);
});

test("and works as before afterwards", () => {
  expect(torch.isGradEnabled()).toBe(true);
  const a = tensor([1, 2], [2]);
  a.requiresGrad = true;
  const loss = a.mul(a).sum();
  loss.backward();
  expect(a.grad?.toArray()).toEqual([2, 4]);
});

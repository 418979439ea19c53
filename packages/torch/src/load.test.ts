import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, expect, test, vi } from "vitest";

import { op, type Tensor, tensor, TorchError } from "./index.js";
import { builtAddon, prebuiltAddon, prebuiltPackage } from "./addon-path.js";
import { findLibtorch, libtorchIsMissing } from "./libtorch.js";
import { addon, load, loadFrom } from "./load.js";
import { internalOp } from "./op.js";

const folder = mkdtempSync(join(tmpdir(), "torch-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("an addon that is missing or another's says how to get it", () => {
  expect(() => load(join(folder, "torch.node"))).toThrow(
    /`npm run bootstrap` to build it, else install @trainer\/native-/,
  );
  const other = join(folder, "other.cjs");
  writeFileSync(other, "module.exports = {};");
  expect(() => load(other)).toThrow(/is not the native part/);
});

const nowhere = join(folder, "nowhere.node");

test("a prebuilt addon is loaded once libtorch is, from wherever that is", () => {
  expect(loadFrom({ built: nowhere, prebuilt: builtAddon, libtorch: findLibtorch })).toBe(addon);
});

test("a prebuilt addon without libtorch says how to get it", () => {
  const places = { built: nowhere, prebuilt: builtAddon };
  expect(() => loadFrom({ ...places, libtorch: () => null })).toThrow(
    /libtorch is not on this machine yet: `npx model-trainer setup` fetches it, .*; LIBTORCH names a copy/,
  );
  const unreadable = () => {
    throw new Error("LIBTORCH is x, which holds torch 2.9");
  };
  expect(() => loadFrom({ ...places, libtorch: unreadable })).toThrow(
    new TorchError("UNAVAILABLE", "LIBTORCH is x, which holds torch 2.9"),
  );
  expect(() => loadFrom({ ...places, libtorch: () => folder })).toThrow(
    `libtorch could not be loaded from ${join(folder, "torch/lib/libtorch_cpu")}`,
  );
});

test("without a prebuilt package the addon that would be built is the one that is missed", () => {
  expect(() => loadFrom({ built: nowhere, prebuilt: null, libtorch: () => null })).toThrow(nowhere);
});

test("the prebuilt package is found where npm installs it beside the package", () => {
  const installed = join(folder, "node_modules", prebuiltPackage);
  mkdirSync(installed, { recursive: true });
  writeFileSync(join(installed, "torch.node"), "");
  expect(prebuiltAddon(join(folder, "index.js"))).toBe(join(installed, "torch.node"));
  expect(prebuiltAddon(join(tmpdir(), "index.js"))).toBeNull();
});

test("libtorch is missing only where no addon was built with a path to it, and it is not fetched yet", () => {
  expect(libtorchIsMissing()).toBe(false);
  vi.stubEnv("LIBTORCH", "");
  vi.stubEnv("TRAINER_CACHE", folder);
  expect(libtorchIsMissing(nowhere)).toBe(true);
  vi.unstubAllEnvs();
  expect(libtorchIsMissing(nowhere)).toBe(false);
});

test("an operator is one line, and follows the schema's defaults", () => {
  const trace = op<[a: Tensor], Tensor>("aten::trace");
  expect(trace(tensor([1, 2, 3, 4], [2, 2])).item()).toBe(5);
  const aminmax = op<[a: Tensor, dim?: number | null], [Tensor, Tensor]>("aten::aminmax");
  expect(aminmax(tensor([3, 1, 2])).map((t) => t.item())).toEqual([1, 3]);
  const svd = op<[a: Tensor], Tensor[]>("aten::unbind.int");
  expect(svd(tensor([1, 2])).map((t) => t.item())).toEqual([1, 2]);
  const index = op<[a: Tensor, indices: readonly (Tensor | null)[]], Tensor>("aten::index.Tensor");
  expect(index(tensor([1, 2, 3, 4], [2, 2]), [null, tensor([1], [1], { dtype: "int64" })]).toArray()).toEqual([
    [2],
    [4],
  ]);
});

test("an operator that is not there, is internal or takes other types is refused when it is declared", () => {
  expect(() => op("aten::mmm")).toThrow(/aten::mmm: libtorch has no such operator/);
  expect(() => op("aten::add")).toThrow(/there are .*aten::add.Tensor/);
  expect(() => op("no colons")).toThrow(TorchError);
  expect(() => op("aten::_fused_adamw_")).toThrow(/internal to libtorch/);
  expect(() => op("aten::set_.source_Storage")).toThrow(/does not pass/);
  expect((): unknown => Reflect.apply(internalOp, undefined, [7])).toThrow(TorchError);
});

test("arguments of the wrong kind are refused with what was expected and what came", () => {
  const call = internalOp<unknown[], unknown>("aten::add.Tensor");
  const a = tensor([1]);
  expect(() => call(a, "b")).toThrow('aten::add.Tensor: argument 2 (other): expected a Tensor, got "b"');
  expect(() => call(a, null)).toThrow(/argument 2 \(other\): expected a Tensor, got null/);
  expect(() => call(a)).toThrow(/argument 2 \(other\): is missing/);
  expect(() => call(a, a, {})).toThrow(/argument 3 \(alpha\): expected a number, got an object/);
  expect(() => call(a, a, a)).toThrow(/argument 3 \(alpha\): expected a number, got an object/);
  expect(() => call(a, a, 1, 1)).toThrow(/takes 3 arguments, got 4/);
  const cat = internalOp<unknown[], unknown>("aten::cat");
  expect(() => cat([a, 1])).toThrow(/argument 1 \(tensors\): expected an array of Tensors, got one with 1/);
  expect(() => cat(a)).toThrow(/expected an array of Tensors, got a value of type object/);
  const randn = internalOp<unknown[], unknown>("aten::randn.generator");
  expect(() => randn([1], () => 1)).toThrow(
    /argument 2 \(generator\): expected a Generator, got a value of type function/,
  );
  expect(() => randn([1], true)).toThrow(/expected a Generator, got true/);
  expect(() => cat([1, 2])).toThrow(TorchError);
});

test("a result that libtorch leaves undefined is null", () => {
  const backward = internalOp<unknown[], unknown[]>("aten::native_layer_norm_backward");
  const [x, mean, rstd] = [tensor([1, 2], [1, 2]), tensor([1.5], [1, 1]), tensor([2], [1, 1])];
  expect(backward(x, x, [2], mean, rstd, null, null, [true, false, false]).slice(1)).toEqual([null, null]);
});

test("integers of 64 bits, booleans and plain results pass", () => {
  const full = internalOp<unknown[], Tensor>("aten::full");
  expect(full([1], 2n ** 62n, "int64").data()[0]).toBe(2n ** 62n);
  expect(full([1], true).dtype).toBe("bool");
  expect(full([2n], 1).shape).toEqual([2]);
  expect(internalOp<unknown[], number>("aten::size.int")(full([7], 1), 0)).toBe(7);
  expect(addon.resolve("aten::mm").returns).toBe("T");
});

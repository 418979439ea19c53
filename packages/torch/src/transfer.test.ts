import { expect, test } from "vitest";

import { arange, devices, emptyCache, keep, memoryStats, Readback, scope, sendTo, tensor, zeros } from "./index.js";
import { bufferFor, mark, pinnedLike } from "./transfer.js";

const gpus = devices().cuda.count;
if (gpus === 0) console.log("not run here: transfers to and from a GPU");

test("a tensor that is sent to where it is stays itself, and elsewhere it has the same shape", () => {
  const t = arange(4);
  expect(sendTo(t, "cpu").toArray()).toEqual([0, 1, 2, 3]);
  expect(sendTo(t, "meta").shape).toEqual([4]);
});

test("what a CPU has is read at once", () => {
  const t = tensor([1, 2]);
  const numbers = new Readback(t);
  t.fill_(9);
  expect([numbers.values(), numbers.values()]).toEqual([
    [1, 2],
    [1, 2],
  ]);
});

test("what another device has is waited for once, when it is read, and leaves nothing behind", () => {
  const before = memoryStats().liveTensors;
  const numbers = scope(() => new Readback(tensor([3, 4]), (like) => zeros(like.shape)));
  expect([numbers.values(), numbers.values()]).toEqual([
    [3, 4],
    [3, 4],
  ]);
  expect(memoryStats().liveTensors).toBe(before);
});

test("a GPU writes to pinned memory, a CPU's needs no copy", () => {
  expect([bufferFor("cuda:0"), bufferFor("cpu")]).toEqual([pinnedLike, null]);
});

test("nothing is kept for reuse on a CPU", () => {
  expect(emptyCache("cpu")).toBeUndefined();
});

test.skipIf(gpus > 0)("without a GPU there is nothing to send to, to read from or to empty", () => {
  expect(() => sendTo(tensor([1]), "cuda")).toThrow(/accelerator|CUDA/i);
  expect(() => pinnedLike(tensor([1]))).toThrow(/accelerator|CUDA/i);
  expect(() => mark("cuda")).toThrow(/there is no cuda device/);
  expect(() => emptyCache("cuda")).toThrow(/there is no cuda device/);
});

test.skipIf(gpus === 0)("numbers go to a GPU and come back in order, whatever it does meanwhile", () => {
  const a = keep(sendTo(tensor([1, 2, 3]), "cuda"));
  const before = new Readback(a);
  const busy = scope(() =>
    zeros([2048, 2048], { device: "cuda" })
      .mm(zeros([2048, 2048], { device: "cuda" }))
      .sum(),
  );
  a.add_(busy).mul_(2);
  const after = new Readback(a);
  expect([before.values(), after.values()]).toEqual([
    [1, 2, 3],
    [2, 4, 6],
  ]);
  a.dispose();
  expect(emptyCache("cuda")).toBeUndefined();
});

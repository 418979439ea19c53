import { expect, test } from "vitest";
import { autocast } from "../amp.js";
import { ones, zeros } from "../create.js";
import * as ops from "../ops.js";
import { Params } from "../params.js";
import { manualSeed } from "../random.js";
import { useFusedKernels } from "../fused/index.js";
import { flattenForCudnn, withoutBfloat16 } from "./cudnn-rnn.js";
import { lstm } from "./lstm.js";

test("weights are laid side by side on a GPU, and nowhere else", () => {
  const calls: unknown[] = [];
  const flatten = (...[, ...args]: unknown[]) => {
    calls.push(args);
    return zeros([1]);
  };
  const shape = { inFeatures: 3, hidden: 4, layers: 2 };
  flattenForCudnn([], shape, "cpu", flatten);
  flattenForCudnn([], shape, "meta", flatten);
  expect(calls).toEqual([]);
  flattenForCudnn([], shape, "cuda:1", flatten);
  expect(calls).toEqual([[4, 3, 2, 4, 0, 2, true, false]]);
});

test("under autocast in bfloat16 a recurrent layer stays in float32, in float16 it does not", () => {
  const product = () => ops.mm(ones([2, 2]), ones([2, 2])).dtype;
  const inside = (dtype: "bfloat16" | "float16") =>
    autocast({ device: "cpu", dtype }, () => [withoutBfloat16(product), product()]);
  expect(inside("bfloat16")).toEqual(["float32", "bfloat16"]);
  expect(inside("float16")).toEqual(["float16", "float16"]);
  expect(withoutBfloat16(product)).toBe("float32");
});

test.each([
  [1, 0.5],
  [2, 0],
  [2, 0.5],
])("libtorch's LSTM of %i layers with dropout %f gives every weight its gradient", (layers, dropout) => {
  const before = useFusedKernels(false);
  try {
    manualSeed(3);
    const params = new Params();
    const rnn = lstm(params, 3, 4, layers);
    const state = () => ({ h: zeros([layers, 2, 4]), c: zeros([layers, 2, 4]) });
    const x = ones([2, 5, 3]);
    const { y } = rnn(x, state(), { dropout });
    const dropped = y.data().toString() !== rnn(x, state()).y.data().toString();
    expect(dropped).toBe(layers > 1 && dropout > 0); // it is on what a layer hands to the next
    y.sum().backward();
    expect(params.list().map((p) => p.grad?.shape)).toEqual(params.list().map((p) => p.shape));
  } finally {
    useFusedKernels(before);
  }
});

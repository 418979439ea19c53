import { devices, manualSeed, nn, noGrad, ones, Params, randn, zeros, autocast, type Tensor } from "../src/index.js";
import { describe, expect, test } from "vitest";

// What only a GPU can show. Elsewhere these are skipped, and the reason is reported.
const { cuda } = devices();
if (cuda.count === 0) console.log(`not run here: the tests of an LSTM on a GPU (${cuda.reason})`);

const [IN, HIDDEN, B, T] = [6, 8, 3, 7] as const;

/** Equal weights on both devices. */
function both(layers: number) {
  const make = (device: "cpu" | "cuda") => {
    const params = new Params({ device });
    return { params, rnn: nn.lstm(params, IN, HIDDEN, layers), device };
  };
  const [gpu, cpu] = [make("cuda"), make("cpu")];
  gpu.params.load(new Map(Array.from(cpu.params.named(), ([name, t]) => [name, t.to("cuda")])));
  return { gpu, cpu };
}
type Made = ReturnType<typeof both>["gpu"];

/** Outputs and the gradients of all weights. */
function compute({ params, rnn, device }: Made, x: Tensor, dropout = 0): number[][] {
  const layers = params.list().length / 4;
  const state = () => zeros([layers, B, HIDDEN], { device });
  const { y } = rnn(x.to(device), { h: state(), c: state() }, { dropout });
  y.pow(2).sum().backward();
  return [y, ...params.list().map((p) => p.grad ?? zeros([0]))].map((t) => Array.from(t.to("cpu").data(), Number));
}

const furthest = (a: number[][], b: number[][]) =>
  Math.max(...a.flatMap((row, i) => row.map((value, j) => Math.abs(value - (b[i]?.[j] ?? Number.NaN)))));

describe.skipIf(cuda.count === 0)("an LSTM on a GPU", () => {
  test.each([
    [1, 0],
    [2, 0],
    [1, 0.5],
  ])("of %i layers with dropout %f has outputs and gradients of a CPU's", (layers, dropout) => {
    manualSeed(1);
    const { gpu, cpu } = both(layers);
    const x = randn([B, T, IN]);
    expect(furthest(compute(gpu, x, dropout), compute(cpu, x, dropout))).toBeLessThan(5e-3); // cuDNN may use TF32
  });

  test("of two layers with dropout trains", () => {
    manualSeed(2);
    const { gpu } = both(2);
    expect(
      compute(gpu, randn([B, T, IN]), 0.5)
        .flat()
        .every(Number.isFinite),
    ).toBe(true);
  });

  test("has weights in one buffer that keep their values when they are loaded, and computes without recording too", () => {
    const { gpu, cpu } = both(2);
    for (const [name, t] of cpu.params.named()) {
      expect(gpu.params.named().get(name)?.to("cpu").data()).toEqual(t.data());
    }
    const state = () => zeros([2, B, HIDDEN], { device: "cuda" });
    const run = () =>
      gpu
        .rnn(ones([B, T, IN], { device: "cuda" }), { h: state(), c: state() })
        .y.to("cpu")
        .toArray();
    expect(noGrad(run)).toEqual(run());
  });

  test("computes in float32 under autocast in bfloat16, and in float16 under that", () => {
    const { gpu } = both(1);
    const state = () => zeros([1, B, HIDDEN], { device: "cuda" });
    const dtype = (half: "bfloat16" | "float16") =>
      autocast({ device: "cuda", dtype: half }, () => {
        return gpu.rnn(ones([B, T, IN], { device: "cuda" }), { h: state(), c: state() }).y.dtype;
      });
    expect([dtype("bfloat16"), dtype("float16")]).toEqual(["float32", "float16"]);
  });
});

import { scratch } from "@trainer/testing";
import { AdamW, clipGradNorm, noGrad, readSafetensors, scope, setNumThreads, Tape, type Tensor } from "@trainer/torch";
import { describe, expect, test } from "vitest";
import { fixtureOf, TRANSFORMERS } from "../test/fixtures.js";
import { loadModel, saveModel } from "./hf.js";
import { logits, loss, type CausalLm } from "./model.js";

setNumThreads(1);
const train = { training: true };
const evaluate = { training: false };
const difference = (a: Tensor, b: Tensor) => a.detach().sub(b).abs().max().item();

/** A model that transformers made, and what it computed of it. */
function open(name: string) {
  const dir = fixtureOf(name);
  const { tensors: reference } = readSafetensors(`${dir}/reference.safetensors`);
  const expected = (tensor: string): Tensor => {
    const found = reference.get(tensor);
    if (found === undefined) throw new Error(`the fixture has no ${tensor}`);
    return found;
  };
  /** Labels as transformers takes them: each position predicts the next one, the last none. */
  const batchOf = (index: number) => {
    const inputs = expected("ids").select(0, index); // (B, T)
    const targets = inputs.clone();
    targets.narrow(1, 0, inputs.size(1) - 1).copy_(inputs.narrow(1, 1, inputs.size(1) - 1));
    targets.narrow(1, inputs.size(1) - 1, 1).fill_(-100);
    return { inputs, targets };
  };
  return { dir, reference, expected, batchOf };
}

/** The parameters of which something differs by 1e-4 or more from what the fixture has of them. */
const differing = (model: CausalLm, expected: (name: string) => Tensor, of: (param: Tensor) => Tensor | null) =>
  [...model.params.named()]
    .filter(([name, param]) => {
      const value = of(param);
      return value === null || !(difference(value, expected(name)) < 1e-4);
    })
    .map(([name]) => name);

describe.each([...TRANSFORMERS, "char_lstm"])("%s", (name) => {
  const { dir, reference, expected, batchOf } = open(name);

  test("logits, loss and gradients are those of the reference", async () => {
    const { model } = await loadModel(dir);
    const batch = batchOf(0);
    expect(difference(logits(model, batch.inputs, evaluate), expected("logits"))).toBeLessThan(1e-5);
    const mean = loss(model, batch, train);
    expect(Math.abs(mean.item() - expected("loss").item())).toBeLessThan(1e-5);
    mean.backward();
    expect(
      differing(
        model,
        (param) => expected(`grad.${param}`),
        (param) => param.grad,
      ),
    ).toEqual([]);
  });

  test("with activation checkpointing the gradients are the same, bit for bit", async () => {
    const gradients = async (tape?: Tape) => {
      const { model } = await loadModel(dir);
      const mean = loss(model, batchOf(0), { training: true, tape });
      if (tape === undefined) mean.backward();
      else tape.backward(mean, [model.head]);
      return model.params.list().map((param) => param.grad?.data());
    };
    const tape = new Tape();
    expect(await gradients(tape)).toEqual(await gradients());
  });

  test("saved and loaded again, the model is the same", async () => {
    const { model, specials } = await loadModel(dir);
    await using copy = await scratch();
    await saveModel(copy.path, model, specials);
    const { model: again, specials: same } = await loadModel(copy.path);
    expect([again.config, again.outline, same]).toEqual([model.config, model.outline, specials]);
    const weights = (of: CausalLm) => [...of.params.named()].map(([name, param]) => [name, param.data()]);
    expect(weights(again)).toEqual(weights(model));
  });

  test("ten steps of AdamW with clipping lead to the weights of PyTorch", async () => {
    const { model } = await loadModel(dir);
    const optimizer = new AdamW(model.params.named(), { lr: 1e-2, weightDecay: 0.1 });
    for (let step = 0; step < 10; step++) {
      const value = scope(() => {
        const mean = loss(model, batchOf(step), train);
        mean.backward();
        clipGradNorm(model.params.list(), 1);
        optimizer.step();
        optimizer.zeroGrad();
        return mean.item();
      });
      expect(Math.abs(value - expected("losses").select(0, step).item())).toBeLessThan(1e-4);
    }
    // A key's bias adds the same to all scores of a query: its gradient is rounding noise, which Adam makes steps of.
    for (const state of [model.params.named(), reference]) {
      for (const [name, t] of state) {
        if (name.endsWith("c_attn.bias")) noGrad(() => t.narrow(0, 24, 24).zero_());
        if (name.endsWith("query_key_value.bias")) noGrad(() => t.unflatten(0, [4, 3, 8]).select(1, 1).zero_());
      }
    }
    expect(
      differing(
        model,
        (param) => expected(`after.${param}`),
        (param) => param,
      ),
    ).toEqual([]);
  });

  /** Logits with the prompt fed in stretches of the given lengths. */
  function cached(model: CausalLm, ids: Tensor, lengths: readonly number[]): number[] {
    using cache = model.newCache(ids.size(0));
    let at = 0;
    return noGrad(() =>
      lengths.flatMap((length) => {
        const part = logits(model, ids.narrow(1, at, length), { training: false, cache }); // (B, length, V)
        at += length;
        expect(cache.length).toBe(at);
        return Array.from(part.flatten().data(), Number);
      }),
    );
  }

  test.each([[[16]], [[8, 1, 1, 6]], [[1, 15]], [Array.from({ length: 16 }, () => 1)]])(
    "with a cache, stretches of %j give the logits of the whole",
    async (lengths) => {
      const { model } = await loadModel(dir);
      const ids = expected("ids").select(0, 1).narrow(0, 0, 1);
      const whole = Array.from(logits(model, ids, evaluate).flatten().data(), Number);
      const parts = cached(model, ids, lengths);
      expect(Math.max(...parts.map((x, i) => Math.abs(x - (whole[i] ?? Infinity))))).toBeLessThan(1e-5);
    },
  );
});

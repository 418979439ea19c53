import { containing } from "@trainer/testing";
import { noGrad, tensor, weightTypes, type Tensor, type WeightType } from "@trainer/torch";
import { expect, test } from "vitest";
import { charLstmConfig } from "./char-lstm-config.js";
import { charLstm } from "./char-lstm.js";
import { gpt2Config } from "./gpt2-config.js";
import { gpt2 } from "./gpt2.js";
import { llamaConfig } from "./llama-config.js";
import { llama } from "./llama.js";
import { addLora } from "./lora.js";
import { logits, loss, lossOfEach, type CausalLm } from "./model.js";
import { quantize } from "./quantize.js";
import { build } from "./registry.js";

const gpt = () =>
  build(gpt2, gpt2Config({ vocabSize: 90, nPositions: 32, nEmbd: 64, nLayer: 2, nHead: 4 }), { seed: 3 });
const llamas = (tieWordEmbeddings: boolean) => () => {
  const sizes = { vocabSize: 90, hiddenSize: 64, intermediateSize: 128, numHiddenLayers: 2, maxPositionEmbeddings: 32 };
  return build(llama, llamaConfig({ ...sizes, numAttentionHeads: 4, numKeyValueHeads: 2, tieWordEmbeddings }), {
    seed: 3,
  });
};
const models: [name: string, make: () => CausalLm][] = [
  ["gpt2", gpt],
  ["llama, tied", llamas(true)],
  ["llama, with a head of its own", llamas(false)],
];
const cases = models.flatMap(([name, make]) => weightTypes.map((as) => ({ name, make, as })));

const ids = tensor(
  Array.from({ length: 24 }, (_, i) => (i * 37 + 5) % 90),
  [1, 24],
  { dtype: "int64" },
);
const furthest = (a: Tensor, b: Tensor) => a.sub(b).abs().max().item();

/** The numbers of a model with its matrices rounded to what `as` can hold, computed in float32. */
function rounded(make: () => CausalLm, as: WeightType): CausalLm {
  const [model, small] = [make(), quantize(make(), as)];
  noGrad(() => {
    for (const [path, layer] of model.params.adaptable()) {
      const numbers = small.params.adaptable().get(path)?.quantized?.dequantize();
      if (numbers !== undefined) layer.weight.copy_(layer.inOut ? numbers.t() : numbers);
    }
    const head = small.quantizedHead?.dequantize();
    if (head !== undefined) model.head.copy_(head);
  });
  return model;
}

test.each(cases)("$name with $as weights computes what a model with the same numbers does", ({ make, as }) => {
  const small = quantize(make(), as);
  const same = rounded(make, as);
  const whole = noGrad(() => logits(small, ids, { training: false }));
  expect(
    furthest(
      whole,
      noGrad(() => logits(same, ids, { training: false })),
    ),
  ).toBeLessThan(2e-5);
  expect(
    furthest(
      whole,
      noGrad(() => logits(make(), ids, { training: false })),
    ),
  ).toBeGreaterThan(0); // it is another
  const batch = { inputs: ids, targets: ids };
  const lossOf = (model: CausalLm) => noGrad(() => loss(model, batch, { training: false })).item();
  expect(lossOf(small)).toBeCloseTo(lossOf(same), 5);
  const each = (model: CausalLm) =>
    noGrad(() => lossOfEach(model, model.hidden(ids, { training: false }).flatten(0, 1), ids.flatten()));
  expect(furthest(each(small), each(same))).toBeLessThan(5e-5);
  expect(each(small).mean().item()).toBeCloseTo(lossOf(small), 4);

  using cache = small.newCache(1);
  const pieces = [ids.narrow(1, 0, 20), ...[20, 21, 22, 23].map((at) => ids.narrow(1, at, 1))];
  const last = pieces.map((part) => noGrad(() => logits(small, part, { training: false, cache }))).at(-1);
  expect(furthest(whole.narrow(1, 23, 1), last ?? whole)).toBeLessThan(2e-5);
});

test("the float32 weights are let go, and what is there is named as parameters are", () => {
  const model = gpt();
  const before = model.head;
  const names = [...model.params.named().keys()];
  const small = quantize(model, "int8");
  expect(() => before.shape).toThrow("disposed");
  const now = [...small.params.named().keys()];
  expect(names.every((name) => now.includes(name))).toBe(true);
  expect(now.filter((name) => !names.includes(name))).toHaveLength(9); // eight layers and the head
  expect(small.params.named().get("transformer.h.0.attn.c_attn.weight_scale")?.shape).toEqual([192, 1]);
  expect(small.params.named().get("transformer.h.0.attn.c_attn.weight")?.dtype).toBe("int8");
  expect(small.params.named().get("transformer.wpe.weight")?.dtype).toBe("float32");
});

test("of bf16 weights there are no scales", () => {
  const model = gpt();
  const names = [...model.params.named().keys()];
  expect([...quantize(model, "bf16").params.named().keys()].toSorted()).toEqual(names.toSorted());
});

test("a head that is no layer stays as it is", () => {
  const model = gpt();
  const head = noGrad(() => model.head.clone());
  const small = quantize({ ...model, head }, "int8");
  expect([small.head, small.quantizedHead]).toEqual([head, undefined]);
  expect(noGrad(() => logits(small, ids, { training: false })).shape).toEqual([1, 24, 90]);
});

test("models that have no place for it are refused, with a reason", () => {
  const refused = (model: CausalLm, as: WeightType, why: string) =>
    expect(() => quantize(model, as)).toThrow(
      expect.objectContaining({ code: "MODEL_INCOMPATIBLE", message: containing(`${as} weights: ${why}`) }),
    );
  const lstm = build(charLstm, charLstmConfig({ vocabSize: 20, embedDim: 6, hiddenDim: 8 }));
  refused(lstm, "int8", "a model of the family char_lstm has no linear layers; use fp32");
  for (const targets of [null, ["c_fc"]]) {
    const base = gpt();
    addLora(base, { rank: 2, alpha: 4, targets });
    refused(base, "bf16", "the model has an adapter: merge it into the weights first");
  }
  const shapes = build(gpt2, gpt2Config({ vocabSize: 9, nEmbd: 8, nLayer: 1, nHead: 1 }), { device: "meta" });
  refused(shapes, "int8", "the model has shapes and no numbers");
});

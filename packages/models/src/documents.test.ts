import { manualSeed, noGrad, setNumThreads, Tape, tensor, type Tensor } from "@trainer/torch";
import { expect, test } from "vitest";
import { documentsOf } from "./documents.js";
import { gpt2Config } from "./gpt2-config.js";
import { gpt2 } from "./gpt2.js";
import { llama } from "./llama.js";
import { llamaConfig } from "./llama-config.js";
import { logits, loss, type CausalLm } from "./model.js";
import { qwen } from "./qwen.js";
import { qwenConfig } from "./qwen-config.js";
import { build } from "./registry.js";

setNumThreads(1);
const ids = (rows: number[][]) => tensor(BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]?.length ?? 0]);
const numbers = ids([
  [0, 0, 0, 1, 2, 2],
  [0, 1, 1, 1, 1, 1],
]);
const difference = (a: Tensor, b: Tensor) => a.sub(b).abs().max().item();

test("positions begin anew with each document, and a token sees those of its own before it", () => {
  const { positions, mask } = documentsOf(numbers);
  expect(positions.toArray()).toEqual([
    [0, 1, 2, 0, 0, 1],
    [0, 0, 1, 2, 3, 4],
  ]);
  expect(mask.shape).toEqual([2, 1, 6, 6]);
  expect(mask.select(0, 0).select(0, 0).to("int64").toArray()).toEqual([
    [1, 0, 0, 0, 0, 0],
    [1, 1, 0, 0, 0, 0],
    [1, 1, 1, 0, 0, 0],
    [0, 0, 0, 1, 0, 0],
    [0, 0, 0, 0, 1, 0],
    [0, 0, 0, 0, 1, 1],
  ]);
});

const dimensions = { vocabSize: 40, numHiddenLayers: 2, numAttentionHeads: 4, numKeyValueHeads: 2 };
const llamaTiny = { ...dimensions, hiddenSize: 16, intermediateSize: 24, maxPositionEmbeddings: 8 };
const gpt2Tiny = { vocabSize: 40, nPositions: 8, nEmbd: 12, nLayer: 2, nHead: 2 };
const models: [string, () => CausalLm][] = [
  ["gpt2", () => build(gpt2, gpt2Config({ ...gpt2Tiny, initializerRange: 0.3 }))],
  ["llama", () => build(llama, llamaConfig({ ...llamaTiny, attentionDropout: 0.1, initializerRange: 0.3 }))],
  ["qwen2", () => build(qwen, qwenConfig({ ...llamaTiny, initializerRange: 0.3 }))],
  ["qwen3", () => build(qwen, qwenConfig({ ...llamaTiny, modelType: "qwen3", headDim: 4, initializerRange: 0.3 }))],
];

test.each(models)("%s gives a document the logits that it has alone, wherever it is packed", (_name, make) => {
  manualSeed(1);
  const model = make();
  const packed = [
    [5, 6, 3, 3, 7, 8],
    [3, 9, 5, 6, 7, 3],
  ];
  const documents: [row: number, from: number, length: number][] = [
    [0, 0, 3],
    [0, 3, 1],
    [0, 4, 2],
    [1, 0, 1],
    [1, 1, 5],
  ];
  const ctx = { training: false, documents: documentsOf(numbers) };
  const together = noGrad(() => logits(model, ids(packed), ctx)); // (B, T, V)
  for (const [row, from, length] of documents) {
    const alone = noGrad(() =>
      logits(model, ids([packed[row]?.slice(from, from + length) ?? []]), { training: false }),
    );
    const within = together.select(0, row).narrow(0, from, length);
    expect(difference(within, alone.select(0, 0))).toBeLessThan(1e-5);
  }
  expect(
    difference(
      together,
      noGrad(() => logits(model, ids(packed), { training: false })),
    ),
  ).toBeGreaterThan(0.1);
  const batch = { inputs: ids(packed), targets: ids(packed) };
  const apart = loss(model, { ...batch, documents: numbers }, { training: false }).item();
  expect(apart).not.toBe(loss(model, batch, { training: false }).item());
});

test.each(models)("%s gives texts that begin alike the logits that each has alone", (_name, make) => {
  manualSeed(1);
  const model = make();
  // 5 6 3, then 8 2 or 9, and in the other row 7 4, then 1 or 2.
  const tree = [
    [5, 6, 3, 8, 2, 9],
    [7, 4, 1, 2, 0, 0],
  ];
  const seen = [
    [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3], [0, 1, 2, 3, 4], [0, 1, 2, 5]],
    [[0], [0, 1], [0, 1, 2], [0, 1, 3], [4], [5]],
  ];
  const mask = seen.map((row) => row.map((own) => tree[0]?.map((_, i) => (own.includes(i) ? 1 : 0)) ?? []));
  const documents = {
    positions: ids(seen.map((row) => row.map((own) => own.length - 1))),
    mask: tensor(Uint8Array.from(mask.flat(2)), [2, 1, 6, 6], { dtype: "bool" }),
    isTree: true,
  };
  const together = noGrad(() => logits(model, ids(tree), { training: false, documents })); // (B, T, V)
  for (const [row, paths] of seen.entries()) {
    for (const [token, path] of paths.entries()) {
      const text = path.map((i) => tree[row]?.[i] ?? -1);
      const alone = noGrad(() => logits(model, ids([text]), { training: false }));
      const own = together.select(0, row).select(0, token);
      expect(difference(own, alone.select(0, 0).select(0, path.length - 1))).toBeLessThan(1e-5);
    }
  }
});

test.each(models)("%s reads a document of one token as a text of one token", (_name, make) => {
  const model = make();
  const one = ids([[5]]);
  const read = (ctx: object) => noGrad(() => logits(model, one, { training: false, ...ctx }));
  expect(difference(read({ documents: documentsOf(ids([[0]])) }), read({}))).toBeLessThan(1e-5);
});

test.each(models)("%s on a tape leaves no gradient to its blocks but by the tape", (_name, make) => {
  const model = make();
  const inputs = ids([[5, 6, 3]]);
  loss(model, { inputs, targets: inputs }, { training: true, tape: new Tape() }).backward();
  const reached = [...model.params.named()].filter(([, p]) => p.grad !== null).map(([name]) => name);
  expect(reached.filter((name) => /\.[01]\./.test(name))).toEqual([]);
  expect(reached.length).toBeGreaterThan(0); // the head
});

test.each(models)("%s on a tape has the loss and the gradients that it has without, bit for bit", (_name, make) => {
  const inputs = ids([
    [5, 6, 3, 3, 7, 8],
    [3, 9, 5, 6, 7, 3],
  ]);
  const run = (tape: Tape | undefined, documents: Tensor | undefined) => {
    manualSeed(1);
    const model = make();
    const mean = loss(model, { inputs, targets: inputs, documents }, { training: true, tape });
    if (tape === undefined) mean.backward();
    else tape.backward(mean, [model.head]);
    return { loss: mean.item(), gradients: model.params.list().map((p) => p.grad?.data()) };
  };
  for (const documents of [undefined, numbers]) expect(run(new Tape(), documents)).toEqual(run(undefined, documents));
});

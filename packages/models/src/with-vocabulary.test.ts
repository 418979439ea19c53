import { near } from "@trainer/testing";
import { readSafetensors, type Tensor } from "@trainer/torch";
import { describe, expect, test } from "vitest";
import { fixtureOf, TRANSFORMERS } from "../test/fixtures.js";
import { loadModel } from "./hf.js";
import { logits } from "./model.js";
import { vocabularyParameters, withVocabulary } from "./with-vocabulary.js";

const evaluate = { training: false };
const same = (size: number): number[][] => Array.from({ length: size }, (_, id) => [id]);
const row = (t: Tensor | null, id: number): number[] => Array.from(t?.narrow(0, id, 1).flatten().data() ?? [], Number);

describe.each([...TRANSFORMERS, "char_lstm"])("%s", (name) => {
  const dir = fixtureOf(name);
  const ids = readSafetensors(`${dir}/reference.safetensors`).tensors.get("ids")?.select(0, 0); // (B, T)

  test("with new tokens gives the old ones the same logits, to the bit; new rows are means, and a tied head stays tied", async () => {
    if (ids === undefined) throw new Error("the fixture has no ids");
    const { model: base } = await loadModel(dir);
    const { vocabSize } = base;
    const before = logits(base, ids, evaluate);
    const isTied = vocabularyParameters(base).size === 1;
    const grown = withVocabulary((await loadModel(dir)).model, [...same(vocabSize), [3, 5], [1, 1, 2], []]);
    expect(grown.vocabSize).toBe(vocabSize + 3);
    expect(grown.outline.vocabSize).toBe(vocabSize + 3);
    expect(grown.configFile()).toMatchObject({ vocab_size: vocabSize + 3 });
    expect(logits(grown, ids, evaluate).narrow(-1, 0, vocabSize).equal(before)).toBe(true);
    expect([...grown.params.named().keys()]).toEqual([...base.params.named().keys()]);
    expect(vocabularyParameters(grown).size === 1).toBe(isTied);
    for (const parameter of vocabularyParameters(grown)) {
      const [old, made] = [base.params.named().get(parameter), grown.params.named().get(parameter)];
      const mean = row(old ?? null, 3).map((x, i) => (x + (row(old ?? null, 5)[i] ?? 0)) / 2);
      expect(row(made ?? null, vocabSize)).toEqual(mean.map((x) => near(x, 6)));
      expect(row(made ?? null, vocabSize + 2)).toEqual(row(old?.mean(0, true) ?? null, 0));
    }
  });
});

test("rows are those of their own pieces whatever the order of ids and of lengths, of a vocabulary that shrinks too", async () => {
  const { model } = await loadModel(fixtureOf("gpt2"));
  const old = model.head.clone().detach();
  const pieces = [[7], [1, 2, 3], [4, 4], [0], [5, 6], [3, 2, 1], []];
  const made = withVocabulary(model, pieces);
  expect(made.head.shape).toEqual([7, old.size(1)]);
  for (const [id, of] of pieces.slice(0, -1).entries()) {
    const wanted = row(old, 0).map((_, c) => of.reduce((sum, piece) => sum + (row(old, piece)[c] ?? 0), 0) / of.length);
    expect(row(made.head, id)).toEqual(wanted.map((x) => near(x, 6)));
  }
});

test("pieces that the model does not have are refused, and a family whose vocabulary cannot be told, with the model as it was", async () => {
  const { model } = await loadModel(fixtureOf("gpt2"));
  for (const foreign of [model.vocabSize, -1, 0.5])
    expect(() => withVocabulary(model, [[0], [foreign]])).toThrow(`there is no token ${foreign} among the model's`);
  const own = { ...model, configFile: () => ({ model_type: null }) };
  expect(() => withVocabulary(own, [[0]])).toThrow("a gpt2 cannot get another vocabulary");
  expect(row(model.head, 0).every(Number.isFinite)).toBe(true);
});

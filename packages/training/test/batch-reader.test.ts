import { build, charLstm, gpt2, llama, newConfig, qwen, type CausalLm } from "@trainer/models";
import { setNumThreads, type Tensor } from "@trainer/torch";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { BatchReader } from "../src/inference/batch-reader.js";

afterEach(() => setNumThreads(1));

const PROMPT = [5, 6, 7];
const token = (sequence: number, step: number) => (sequence * 7 + step * 3) % 90;

const same = (sequences: readonly number[]) => [{ ids: PROMPT, sequences: sequences.length }];
/** Prompts of 3 to 20 tokens: they fill the context one after another, and some at the same time. */
const different = (sequences: readonly number[]) =>
  sequences.map((sequence) => ({
    ids: Array.from({ length: [3, 11, 20, 11, 4][sequence % 5] ?? 3 }, (_, i) => token(sequence, i + 50)),
    sequences: 1,
  }));

/** Expected values after each of 30 tokens, of each of these sequences read side by side; more than the context. */
function expectations(model: CausalLm, sequences: readonly number[], beginnings = same): string[] {
  using reader = new BatchReader(model);
  const expected = sequences.map((): unknown[] => []);
  reader.beginEach(beginnings(sequences), Infinity, () => {});
  for (let step = 0; step < 30; step += 1) {
    const next = new Map(sequences.map((sequence, row) => [row, token(sequence, step)]));
    reader.next(next, (logits) => {
      for (const [row, each] of expected.entries()) each.push(logits.select(0, row).toArray());
    });
  }
  return expected.map((each) => JSON.stringify(each));
}

const choice = { vocabSize: 90, contextLength: 20 };
const models: [name: string, make: () => CausalLm][] = [
  [
    "GPT-2",
    () =>
      build(gpt2, newConfig(gpt2, { ...choice, size: "tiny", dimensions: { nLayer: 2, nEmbd: 384, nHead: 6 } }), {
        seed: 1,
      }),
  ],
  ["LLaMA", () => build(llama, newConfig(llama, { ...choice, size: "tiny" }), { seed: 1 })],
  ["Qwen", () => build(qwen, newConfig(qwen, { ...choice, size: "tiny" }), { seed: 1 })],
  ["an LSTM", () => build(charLstm, newConfig(charLstm, { ...choice, size: "tiny" }), { seed: 1 })],
];

test.each(models)("on several threads too, %s expects the same of a sequence whatever is read beside it", (_, make) => {
  setNumThreads(2); // with one the library's attention does not depend on the batch anyway
  const model = make();
  const all = [0, 1, 2, 3, 4, 5, 6, 7];
  const together = expectations(model, all);
  for (const sequence of all) expect(expectations(model, [sequence])[0] === together[sequence]).toBe(true);
  expect(expectations(model, [2, 5])).toEqual([together[2], together[5]]);
  const ragged = expectations(model, all, different);
  for (const sequence of all) expect(expectations(model, [sequence], different)[0] === ragged[sequence]).toBe(true);
  expect(expectations(model, [2, 5], different)).toEqual([ragged[2], ragged[5]]);
});

test.each(models)("%s expects the same of a sequence that others join, and of those", (_, make) => {
  setNumThreads(2);
  const model = make();
  using reader = new BatchReader(model);
  const logits: number[][] = [];
  const collect = (found: Tensor) => void logits.push(...z.array(z.array(z.number())).parse(found.toArray()));
  reader.beginEach(different([0, 1]), 30, collect);
  reader.next(new Map([0, 1].map((row) => [row, token(row, 0)])), collect);
  reader.beginEach(different([2]), 60, collect); // of the context's length: its next token moves it on
  reader.next(new Map([0, 1, 2].map((row) => [row, token(row, 1)])), collect);
  const alone = (sequence: number, tokens: readonly number[]) => {
    const found: unknown[] = [];
    using single = new BatchReader(model);
    single.beginEach(different([sequence]), 30, (first) => found.push(first.toArray()));
    for (const id of tokens) single.next(new Map([[0, id]]), (next) => found.push(next.toArray()));
    return found.map((rows) => z.tuple([z.array(z.number())]).parse(rows)[0]);
  };
  const [one, other, last] = [
    alone(0, [token(0, 0), token(0, 1)]),
    alone(1, [token(1, 0), token(1, 1)]),
    alone(2, [token(2, 1)]),
  ];
  const wanted = [one[0], other[0], one[1], other[1], last[0], one[2], other[2], last[1]];
  expect(JSON.stringify(logits)).toBe(JSON.stringify(wanted));
});

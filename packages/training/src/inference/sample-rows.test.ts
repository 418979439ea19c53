import { randn, sampleRows, tensor, type RowSampling, type Tensor } from "@trainer/torch";
import { expect, test } from "vitest";
import { Random } from "../corpus/random.js";
import { penalize } from "./repetition.js";
import { sample } from "./sample.js";

const plain: RowSampling = { temperature: 1, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1 };
const samplings: RowSampling[] = [
  { ...plain, temperature: 0 },
  { ...plain, temperature: 1e-40 },
  { ...plain, temperature: 1e-12 },
  { ...plain, topP: 0 },
  { ...plain, topP: 0, topK: 20, minP: 0.5 },
  { ...plain, minP: 1 },
  { ...plain, topK: 1 },
  { ...plain, temperature: 2, topP: 1e-9 },
  plain,
  { ...plain, temperature: 0.7 },
  { ...plain, topK: 5 },
  { ...plain, topK: 5000 },
  { ...plain, topP: 0.8 },
  { ...plain, topP: 0.6, topK: 20 },
  { ...plain, minP: 0.2 },
  { ...plain, minP: 0.05, topK: 30, topP: 0.95, temperature: 1.3 },
];

const idsOf = (t: Tensor) => Array.from(t.data(), Number);

test.each(samplings.flatMap((sampling) => [40, 3000].map((vocab) => ({ sampling, vocab }))))(
  "rows are drawn as each alone: $sampling of $vocab",
  ({ sampling, vocab }) => {
    const batch = 8;
    const logits = randn([batch, vocab]).mul(3);
    for (let step = 0; step < 10; step += 1) {
      const random = new Random(step);
      const numbers = Array.from({ length: batch }, () => random.next());
      const found = sampleRows(logits, null, sampling, tensor(numbers, [batch], { dtype: "float64" }));
      const alone = numbers.map((number, row) => sample(logits.select(0, row), sampling, { next: () => number }));
      expect(idsOf(found)).toEqual(alone);
    }
  },
);

test("a number next to 1 draws the last token that may be", () => {
  const logits = tensor([0, 1, 2], [1, 3]);
  const uniform = tensor([1], [1], { dtype: "float64" }); // what rounding may make of it
  expect(idsOf(sampleRows(logits, null, plain, uniform))).toEqual([2]);
  expect(idsOf(sampleRows(logits, null, { ...plain, topK: 2 }, uniform))).toEqual([1]);
});

test("rows have what they have seen made less likely, as each alone", () => {
  const logits = randn([2, 6]);
  const seen = [new Set([1, 4]), new Set([0])];
  const marks = seen.flatMap((ids) => Array.from({ length: 6 }, (_, id) => Number(ids.has(id))));
  const mask = tensor(marks, [2, 6], { dtype: "bool" });
  for (const number of [0.05, 0.3, 0.6, 0.9]) {
    const uniform = tensor([number, number], [2], { dtype: "float64" });
    const found = sampleRows(logits, mask, { ...plain, repetitionPenalty: 1.7 }, uniform);
    const alone = seen.map((ids, row) =>
      sample(penalize(logits.select(0, row), ids, 1.7), plain, { next: () => number }),
    );
    expect(idsOf(found)).toEqual(alone);
  }
});

import { build, documentsOf, gpt2, gpt2Config, logits, planModel, type CausalLm } from "@trainer/models";
import { cat, manualSeed, noGrad, ones, setNumThreads, tensor, type Tensor } from "@trainer/torch";
import { expect, test } from "vitest";
import { IGNORED, type Batch } from "../bins/batch.js";
import { distillation, type DistillationOptions } from "./distillation.js";
import { nextToken } from "./objective.js";

setNumThreads(1);

const VOCABULARY = 20;
const model = (seed: number, nEmbd: number) => {
  const rates = { embdPdrop: 0, attnPdrop: 0, residPdrop: 0 };
  const sizes = { vocabSize: VOCABULARY, nPositions: 8, nEmbd, nLayer: 1, nHead: 2 };
  const made = build(gpt2, gpt2Config({ ...sizes, ...rates }), { seed });
  noGrad(() => made.params.list().forEach((param) => param.mul_(5))); // far from uniform
  return made;
};
const ids = (from: number, ...ignored: number[]) =>
  tensor(
    BigInt64Array.from({ length: 16 }, (_, i) => BigInt(ignored.includes(i) ? IGNORED : (from + i * i) % VOCABULARY)),
    [2, 8],
  );
const batch: Batch = { inputs: ids(3), targets: ids(4, 0, 7, 9), tokens: 13 };

/** The same by the formula: whole logits, probabilities, and the others' as what is left of 1. */
function plain(
  student: CausalLm,
  teacher: CausalLm,
  { weight, topK, temperature: t }: DistillationOptions,
  documents?: Tensor,
): Tensor {
  const ctx = { training: true, documents: documents && documentsOf(documents) };
  const own = logits(student, batch.inputs, ctx).flatten(0, 1);
  const theirs = noGrad(() => logits(teacher, batch.inputs, ctx).flatten(0, 1));
  const rows = tensor(
    BigInt64Array.from([...batch.targets.flatten().data()].map(Number).flatMap((id, i) => (id < 0 ? [] : [BigInt(i)]))),
    [batch.tokens],
  );
  const targets = batch.targets.flatten().indexSelect(0, rows);
  const [z, y] = [own.indexSelect(0, rows), theirs.indexSelect(0, rows)];
  const ce = z.logSoftmax(1).gather(1, targets.unsqueeze(1)).mean().neg();
  const [, top] = y.topk(topK === 0 ? VOCABULARY : topK, 1);
  const outcomes = (of: Tensor) => {
    const named = of.div(t).softmax(1).gather(1, top);
    return topK === 0 ? named : cat([named, named.sum(1, true).neg().add(1)], 1);
  };
  const [p, q] = [outcomes(y), outcomes(z)];
  const kd = p.mul(p.log().sub(q.log())).sum(1).mean();
  return ce.mul(1 - weight).add(kd.mul(weight * t * t));
}

const gradients = ({ params }: CausalLm) =>
  params.list().map((param) => {
    const { grad } = param;
    param.grad = null;
    return Array.from(grad?.data() ?? [], Number);
  });

/** Infinite where one has a number that the other has not. */
const largestGap = (some: readonly number[][], others: readonly number[][]) =>
  some.reduce(
    (most, each, i) => each.reduce((gap, x, j) => Math.max(gap, Math.abs(x - (others[i]?.[j] ?? Infinity))), most),
    0,
  );

test.each([
  { weight: 0.5, topK: 4, temperature: 1 },
  { weight: 0.7, topK: 3, temperature: 2, logits: 3 * VOCABULARY }, // the last rows are fewer
  { weight: 1, topK: 0, temperature: 1.5, logits: 1 },
  { weight: 0, topK: 4, temperature: 1 },
])("loss and gradients are those of the formula: %o", (options) => {
  const [student, teacher] = [model(1, 16), model(2, 32)];
  const expected = plain(student, teacher, options);
  expected.backward();
  const slopes = gradients(student);
  const { loss, told, figures } = distillation(teacher, options).ofBatch(student, batch, { training: true });
  loss.backward();
  expect(loss.item()).toBeCloseTo(expected.item(), 5);
  const [ce, kd] = [Number(told?.item()), Number(figures?.["kd_loss"]?.item())];
  expect(ce).toBeCloseTo(nextToken().ofBatch(student, batch, { training: true }).loss.item(), 5);
  expect((1 - options.weight) * ce + options.weight * kd).toBeCloseTo(loss.item(), 5);
  expect(largestGap(slopes, gradients(student))).toBeLessThan(1e-5);
  expect(Math.max(...slopes.flat().map(Math.abs))).toBeGreaterThan(1e-3);
  expect(gradients(teacher).flat()).toEqual([]);
});

test("a student that is its teacher has nothing to learn of it", () => {
  const same = model(1, 16);
  const { loss } = distillation(same, { weight: 1, topK: 4, temperature: 1 }).ofBatch(same, batch, { training: true });
  loss.backward();
  expect(loss.item()).toBeCloseTo(0, 6);
  expect(Math.max(...gradients(same).flat().map(Math.abs))).toBeLessThan(1e-5);
});

test.each([0, 4])(
  "rows of padding behind the vocabulary, of the student or of the teacher, are not compared: k %i",
  (topK) => {
    const options = { weight: 1, topK, temperature: 1 };
    const valueOf = (from: CausalLm, to: CausalLm) =>
      distillation(from, options).ofBatch(to, batch, { training: true }).figures?.["kd_loss"]?.item();
    const [student, teacher] = [model(1, 16), model(2, 32)];
    const padded = (of: CausalLm): CausalLm => ({ ...of, head: cat([of.head, ones([3, of.head.size(1)])]).detach() });
    expect(valueOf(padded(teacher), student)).toBe(valueOf(teacher, student));
    expect(valueOf(teacher, padded(student))).toBe(valueOf(teacher, student));
  },
);

test("documents are kept apart for the teacher as for the student", () => {
  const [student, teacher] = [model(1, 16), model(2, 32)];
  const options = { weight: 1, topK: 4, temperature: 1 };
  const documents = tensor(
    BigInt64Array.from({ length: 16 }, (_, i) => BigInt(i % 8 < 3 ? 0 : 1)),
    [2, 8],
  );
  const { loss } = distillation(teacher, options).ofBatch(student, { ...batch, documents }, { training: true });
  expect(loss.item()).toBeCloseTo(plain(student, teacher, options, documents).item(), 5);
  expect(loss.item()).not.toBeCloseTo(plain(student, teacher, options).item(), 3);
});

test("a head's bias has its gradient too", () => {
  const student = planModel("char_lstm", { size: "tiny", vocabSize: VOCABULARY, contextLength: 8 }).build({ seed: 3 });
  const options = { weight: 0.5, topK: 4, temperature: 1 };
  const teacher = model(2, 32);
  manualSeed(1); // both drop the same out
  plain(student, teacher, options).backward();
  const slopes = gradients(student);
  manualSeed(1);
  distillation(teacher, options).ofBatch(student, batch, { training: true }).loss.backward();
  expect(largestGap(slopes, gradients(student))).toBeLessThan(1e-5);
});

/** A batch whose answers are kept in memory, and what of them was written. */
function keeping(of: Batch, kept = new Map<number, Uint8Array>()) {
  const answers = Array.from({ length: of.inputs.size(0) }, (_, i) => ({
    read: () => kept.get(i) ?? null,
    write: (answer: Uint8Array) => void kept.set(i, answer),
  }));
  return { batch: { ...of, answers }, kept };
}

test.each([
  { weight: 0.5, topK: 4, temperature: 2 },
  { weight: 1, topK: 0, temperature: 1, logits: 3 * VOCABULARY },
])(
  "answers that were kept give the same bits as new ones, and nearly those of a teacher in every step: %o",
  (options) => {
    const [student, teacher] = [model(1, 16), model(2, 32)];
    const documents = tensor(
      BigInt64Array.from({ length: 16 }, (_, i) => BigInt(i % 8 < 3 ? 0 : 1)),
      [2, 8],
    );
    const apart = { ...batch, documents };
    const learnt = (from: CausalLm, of: Batch) => {
      const { loss } = distillation(from, options).ofBatch(student, of, { training: true });
      loss.backward();
      return { loss: loss.item(), gradients: gradients(student) };
    };
    const asked = learnt(teacher, apart);
    const { batch: first, kept } = keeping(apart);
    const fresh = learnt(teacher, first);
    expect(kept.size).toBe(2);
    const silent = { ...teacher, hidden: () => expect.unreachable("the teacher is asked again") };
    expect(learnt(silent, first)).toEqual(fresh);
    kept.delete(1); // the other row is there: a row's answer does not go by what else is asked
    expect(learnt(teacher, first)).toEqual(fresh);
    expect(fresh.loss).not.toBe(asked.loss);
    expect(Math.abs(fresh.loss - asked.loss)).toBeLessThan(1e-3 * asked.loss);
    expect(largestGap(asked.gradients, fresh.gradients)).toBeLessThan(1e-3);
  },
);

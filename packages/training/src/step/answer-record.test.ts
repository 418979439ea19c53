import { noGrad, randn, scope, setNumThreads, tensor } from "@trainer/torch";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { answerBytes, decodeAnswers, encodeAnswers, toldApart } from "./answer-record.js";

setNumThreads(1);

const numbers = (of: { data(): ArrayLike<number | bigint> }) => Array.from(of.data(), Number);

test("answers come back with the same ids, and probabilities that add up to 1 and are as near as float16 is", () => {
  const shapes = fc.record({
    seqLen: fc.integer({ min: 1, max: 5 }),
    topK: fc.integer({ min: 0, max: 12 }),
    vocabulary: fc.constantFrom(2, 9, 65_536, 65_537),
    rows: fc.integer({ min: 1, max: 3 }),
  });
  fc.assert(
    fc.property(shapes, ({ topK, rows, ...size }) => {
      const shape = { ...size, k: toldApart(size.vocabulary > 9 ? topK + 1 : topK, size.vocabulary) };
      scope(() => {
        const { seqLen, k, vocabulary } = shape;
        const outcomes = k === vocabulary ? k : k + 1;
        const sequences = Array.from({ length: rows }, (_, row) => {
          const last = BigInt64Array.from({ length: seqLen * k }, (_, i) =>
            BigInt(vocabulary - 1 - ((i + row) % vocabulary)),
          );
          return { ids: tensor(last, [seqLen, k]), logProbs: randn([seqLen, outcomes]).mul(4).logSoftmax(1) };
        });
        const kept = sequences.map((answers) => encodeAnswers(answers, vocabulary));
        expect(kept.map(({ length }) => length)).toEqual(sequences.map(() => answerBytes(shape)));
        const { ids, logProbs } = noGrad(() => decodeAnswers(kept, shape, "cpu"));
        expect(ids.shape).toEqual([rows * seqLen, k]);
        expect(numbers(ids)).toEqual(sequences.flatMap((each) => numbers(each.ids)));
        const [before, after] = [sequences.flatMap((each) => numbers(each.logProbs.exp())), numbers(logProbs.exp())];
        expect(Math.max(...after.map((p, i) => Math.abs(p - Number(before[i]))))).toBeLessThan(1e-3);
        for (const whole of numbers(logProbs.exp().sum(1))) expect(whole).toBeCloseTo(1, 5);
      });
    }),
    { numRuns: 30 },
  );
});

test("what is less likely than float16 can say is impossible, and no infinity", () => {
  const answers = { ids: tensor(BigInt64Array.of(3n), [1, 1]), logProbs: tensor([0, -1e6], [1, 2]) };
  const { logProbs } = decodeAnswers([encodeAnswers(answers, 9)], { seqLen: 1, k: 1, vocabulary: 9 }, "cpu");
  expect(numbers(logProbs)).toEqual([0, -65_504]);
});

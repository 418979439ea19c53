import { build, gpt2, gpt2Config } from "@trainer/models";
import { tensor } from "@trainer/torch";
import { expect, test } from "vitest";
import type { EvaluationData } from "./evaluate-split.js";
import { evaluateTexts, sourceFigures } from "./evaluate-texts.js";
import type { PlannedEvaluation } from "./planned-evaluation.js";

const model = build(gpt2, gpt2Config({ vocabSize: 20, nPositions: 8, nEmbd: 16, nLayer: 1, nHead: 2 }), { seed: 1 });
const compute = { device: "cpu", precision: "fp32" } as const;

/** A text of some batches of 8 tokens. */
function planned(batches: number, from: number, text: EvaluationData["text"]): PlannedEvaluation {
  const ids = (at: number) =>
    tensor(
      BigInt64Array.from({ length: 8 }, (_, i) => BigInt((at + i * i) % 20)),
      [1, 8],
    );
  const open = () => {
    let at = from;
    const next = () => ({ inputs: ids(at), targets: ids((at += 1)), tokens: 8 });
    return { batches, text, next, [Symbol.dispose]() {} };
  };
  return { targets: 8 * batches, batches, sampled: false, bytes: 0, characters: 0, documentLengths: null, open };
}

const short = planned(1, 0, { bytes: 16, characters: 8 });
const long = planned(3, 5, { bytes: 96, characters: 96 });

test("figures of a mixture are those of a text with its shares by tokens, however long its parts are", async () => {
  const done: string[] = [];
  const onBatch = (i: number, of: number) => void done.push(`${i}/${of}`);
  const mixed = await evaluateTexts(
    model,
    { texts: [short, long], shares: [0.75, 0.25] },
    compute,
    undefined,
    undefined,
    onBatch,
  );
  const [a, b] = mixed?.sources ?? [];
  const loss = 0.75 * Number(a?.loss) + 0.25 * Number(b?.loss);
  expect(mixed).toMatchObject({ loss, perplexity: Math.exp(loss), tokens: 32 });
  expect(mixed?.bitsPerByte).toBeCloseTo(loss / Math.LN2 / (0.75 * 2 + 0.25 * 4), 9);
  expect(mixed?.bitsPerCharacter).toBeCloseTo(loss / Math.LN2 / (0.75 * 1 + 0.25 * 4), 9);
  expect(done).toEqual(["0/4", "1/4", "2/4", "3/4"]);
  expect(sourceFigures(["own", "wiki"], mixed?.sources ?? []).map(({ source, tokens }) => [source, tokens])).toEqual([
    ["own", 8],
    ["wiki", 24],
  ]);
});

test("one text has its own figures and no parts, and a text without bytes leaves the mixture without any", async () => {
  const alone = await evaluateTexts(model, { texts: [long], shares: [1] }, compute);
  const both = await evaluateTexts(model, { texts: [long, planned(1, 0, null)], shares: [1, 0] }, compute);
  expect(alone?.sources).toEqual([]);
  expect(both).toMatchObject({ loss: alone?.loss, bitsPerByte: null, bitsPerCharacter: null });
  expect(await evaluateTexts(model, { texts: [long], shares: [1] }, compute, AbortSignal.abort())).toBeNull();
});

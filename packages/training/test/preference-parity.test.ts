import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadModel } from "@trainer/models";
import { near } from "@trainer/testing";
import { setNumThreads, tensor } from "@trainer/torch";
import { expect, test } from "vitest";
import { z } from "zod";
import { IGNORED, type Batch } from "../src/bins/batch.js";
import { dpo, objectiveOf, orpo } from "../src/preference/objectives.js";

setNumThreads(1);

const folder = fileURLToPath(new URL("fixtures/framed-qwen2", import.meta.url));
const Found = z.object({
  loss: z.number(),
  figures: z.record(z.string(), z.number()),
  gradients: z.record(z.string(), z.array(z.number())),
});
/** What fixtures/preference.py had of TRL. */
const expected = z
  .object({
    rows: z.array(z.array(z.number())),
    begins: z.array(z.number()),
    beta: z.number(),
    reference: z.array(z.number()),
    dpo: Found,
    orpo: Found,
  })
  .parse(JSON.parse(readFileSync(fileURLToPath(new URL("fixtures/preference.json", import.meta.url)), "utf8")));

const { rows, begins, beta, reference } = expected;

function pairs(): Batch {
  const length = Math.max(...rows.map((row) => row.length)) - 1;
  const int64 = (of: (row: readonly number[], i: number, t: number) => number) => {
    const values = rows.flatMap((row, i) => Array.from({ length }, (_, t) => BigInt(of(row, i, t))));
    return tensor(BigInt64Array.from(values), [rows.length, length]);
  };
  return {
    inputs: int64((row, _, t) => row[t] ?? 0),
    targets: int64((row, i, t) => (t + 1 < Number(begins[i]) ? IGNORED : (row[t + 1] ?? IGNORED))),
    reference: tensor(Float32Array.from(reference), [rows.length]),
    tokens: rows.reduce((sum, row, i) => sum + row.length - Number(begins[i]), 0),
    pairs: rows.length / 2,
  };
}

test.each([
  ["dpo", dpo(beta), expected.dpo],
  ["orpo", orpo(beta), expected.orpo],
] as const)("loss, figures and gradients of %s are TRL's", async (_, objective, wanted) => {
  const { model } = await loadModel(folder);
  const { loss, figures = {} } = objective.ofBatch(model, pairs(), { training: true });
  expect(loss.item()).toEqual(near(wanted.loss, 5));
  const known = Object.entries(wanted.figures).filter(([name]) => name in figures);
  expect(known.length).toBeGreaterThanOrEqual(6);
  for (const [name, value] of known) expect([name, figures[name]?.item()]).toEqual([name, near(value, 4)]);
  loss.backward();
  const gradients = new Map(Array.from(model.params.named(), ([name, param]) => [name, param.grad?.data()]));
  expect(Object.keys(wanted.gradients).length).toBeGreaterThan(10);
  for (const [name, values] of Object.entries(wanted.gradients)) {
    const ours = Array.from(gradients.get(name) ?? [], Number).slice(0, values.length);
    expect([name, ours]).toEqual([name, values.map((value) => near(value, 5))]);
  }
});

test("a batch without a reference is refused, and what is not of pairs is learnt token by token", async () => {
  const { model } = await loadModel(folder);
  const { reference: _, ...batch } = pairs();
  expect(() => dpo(beta).ofBatch(model, batch, { training: true })).toThrow(/no reference/);
  expect(objectiveOf({ preference: "none", preferenceBeta: beta, labelSmoothing: 0, zLoss: 0 }).recordable).toBe(true);
});

import { build, gpt2, gpt2Config, loss, type CausalLm } from "@trainer/models";
import { noGrad, tensor, TorchError } from "@trainer/torch";
import { expect, test } from "vitest";
import { evaluateSplit, type EvaluationData } from "./evaluate-split.js";

const config = gpt2Config({ vocabSize: 20, nPositions: 8, nEmbd: 16, nLayer: 1, nHead: 2 });
const model = build(gpt2, config, { seed: 1 });
const compute = { device: "cpu", precision: "fp32" } as const;

function data(): EvaluationData {
  let count = 0;
  const ids = (from: number) =>
    tensor(
      BigInt64Array.from({ length: 8 }, (_, i) => BigInt((from + i * i) % 20)),
      [1, 8],
    );
  const next = () => {
    count += 1;
    return { inputs: ids(count), targets: ids(count + 1), tokens: 8 };
  };
  return { batches: 3, text: { bytes: 30, characters: 24 }, next };
}

/** A model for whose second batch memory does not suffice, until some was given back. */
function hungry(): { readonly model: CausalLm; readonly attempts: () => number } {
  let attempts = 0;
  const hidden: CausalLm["hidden"] = (ids, ctx) => {
    attempts += 1;
    if (attempts === 2) throw new TorchError("OUT_OF_MEMORY", "CUDA out of memory.");
    return model.hidden(ids, ctx);
  };
  return { model: { ...model, hidden }, attempts: () => attempts };
}

test("the loss is the mean over all tokens, of a short batch no more than its part", async () => {
  const ids = tensor(BigInt64Array.of(1n, 5n, 9n, 2n, 0n, 0n, 0n, 0n), [1, 8]);
  const batches = [
    { inputs: ids, targets: tensor(BigInt64Array.of(5n, 9n, 2n, 7n, 3n, 3n, 3n, 3n), [1, 8]), tokens: 8 },
    {
      inputs: ids,
      targets: tensor(BigInt64Array.of(5n, -100n, 2n, -100n, -100n, -100n, -100n, -100n), [1, 8]),
      tokens: 2,
    },
  ];
  const means = batches.map((batch) => noGrad(() => loss(model, batch, { training: false }).item()));
  const given = batches.values();
  const next = () => given.next().value ?? data().next();
  const evaluated = await evaluateSplit(model, { batches: 2, text: null, next }, compute);
  const mean = (Number(means[0]) * 8 + Number(means[1]) * 2) / 10;
  expect(Math.abs(Number(means[0]) - Number(means[1]))).toBeGreaterThan(1e-3); // else any mean would do
  expect(evaluated?.loss).toBeCloseTo(mean, 10);
  expect(evaluated?.perplexity).toBeCloseTo(Math.exp(mean), 8);
  expect(evaluated?.tokens).toBe(10);
});

test("a batch that memory does not suffice for is tried once more after some was given back", async () => {
  const wanted = await evaluateSplit(model, data(), compute);
  let freed = 0;
  const first = hungry();
  expect(await evaluateSplit(first.model, data(), compute, undefined, () => (freed += 1))).toEqual(wanted);
  expect([freed, first.attempts()]).toEqual([1, 4]);
  expect(await evaluateSplit(hungry().model, data(), compute)).toEqual(wanted);
});

test("an evaluation that is stopped between batches has no result", async () => {
  const stop = new AbortController();
  const given = data();
  const next = () => {
    stop.abort();
    return given.next();
  };
  expect(await evaluateSplit(model, { ...given, next }, compute, stop.signal)).toBeNull();
  const { signal } = new AbortController();
  expect(await evaluateSplit(model, data(), compute, signal)).toEqual(await evaluateSplit(model, data(), compute));
});

test("bits are of the predicted text by its bytes and characters, and of none that does not come back", async () => {
  const told = await evaluateSplit(model, data(), compute);
  expect(told?.tokens).toBe(24);
  expect(told?.bitsPerByte).toBe((Number(told?.loss) * 24) / Math.LN2 / 30);
  expect(told?.bitsPerCharacter).toBe((Number(told?.loss) * 24) / Math.LN2 / 24);
  const lost = await evaluateSplit(model, { ...data(), text: null }, compute);
  expect(lost).toEqual({ ...told, bitsPerByte: null, bitsPerCharacter: null });
});

test("each batch is told before it is computed", async () => {
  const heard: number[][] = [];
  await evaluateSplit(model, data(), compute, undefined, undefined, (...told) => heard.push(told));
  expect(heard).toEqual([
    [0, 3],
    [1, 3],
    [2, 3],
  ]);
});

test("a batch in which no token counts changes nothing, where its mean would be no number", async () => {
  const silent = {
    inputs: tensor(new BigInt64Array(8), [1, 8]),
    targets: tensor(new BigInt64Array(8).fill(-100n), [1, 8]),
    tokens: 0,
  };
  const own = data();
  const silenced = {
    ...own,
    batches: 4,
    next: (): ReturnType<EvaluationData["next"]> => batches.shift() ?? own.next(),
  };
  const batches = [silent];
  expect(await evaluateSplit(model, silenced, compute)).toEqual(await evaluateSplit(model, data(), compute));
});

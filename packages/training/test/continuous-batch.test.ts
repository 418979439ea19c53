import { setImmediate } from "node:timers/promises";
import { familyNames, planModel, type CausalLm } from "@trainer/models";
import { memoryStats, setNumThreads, type Tensor } from "@trainer/torch";
import { array, assert, asyncProperty, boolean, constantFrom, integer, nat, record, type Arbitrary } from "fast-check";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  generate,
  generateMany,
  generateManyStream,
  generateStream,
  type Generated,
} from "../src/inference/generate.js";
import { GenerateOptions, type GenerateInput } from "@trainer/options";
import { Random } from "../src/corpus/random.js";
import { Beginnings } from "../src/inference/beginnings.js";
import { DecodingRequest } from "../src/inference/decoding-request.js";
import { PagedGroup } from "../src/inference/paged-group.js";
import { Sequence } from "../src/inference/sequence.js";
import type { OpenModel } from "../src/inference/open-model.js";
import { forgetTexts } from "../src/inference/shared-batches.js";
import { containing, expected, openTinyGpt2 } from "./fixture.js";

let opened: OpenModel;
beforeAll(async () => {
  opened = await openTinyGpt2();
});
afterAll(() => opened[Symbol.dispose]());
afterEach(() => setNumThreads(1));

const CONTEXT = 64;

/** The model, of which sequences are read in caches of their own. */
function inCaches(model: CausalLm): CausalLm {
  const { newPages: _, ...rest } = model;
  return rest;
}

/** Counts passes over the model by how many sequences there are in them; in pages, how many tokens. */
function counting(of = opened.model): { model: OpenModel; widths: number[] } {
  const widths: number[] = [];
  const count = (n: number) => void widths.push(n);
  const { hidden, next } = of;
  const model: CausalLm = {
    ...of,
    hidden: (ids, ctx) => (count(ids.size(0)), hidden(ids, ctx)),
    ...(next && { next: (ids, cache) => (count(ids.length), next(ids, cache)) }),
  };
  return { model: { ...opened, model }, widths };
}

const Input: Arbitrary<GenerateInput> = record({
  prompt: constantFrom("T", "The lamp", expected.prompt, expected.long_text, "Who came?\nUser: I did"),
  maxNewTokens: integer({ min: 1, max: CONTEXT + 20 }),
  temperature: constantFrom(0, 0.7, 1, 1.8),
  topK: constantFrom(0, 5, 50),
  topP: constantFrom(0.5, 1),
  repetitionPenalty: constantFrom(1, 1.3),
  stopOnEos: boolean(),
  stopSequences: constantFrom([], ["e"], [" the", "\n"]),
  seed: nat(),
  numReturnSequences: integer({ min: 1, max: 5 }),
});

async function resultOf(events: AsyncGenerator<unknown, Generated>): Promise<Generated> {
  for (;;) {
    const { value, done } = await events.next();
    if (done === true) return value;
  }
}

const Started = record({ input: Input, delay: nat(6) });

/** Results when each starts so many rounds of the event loop late. */
const concurrently = (model: OpenModel, all: readonly { input: GenerateInput; delay: number }[]) =>
  Promise.all(
    all.map(async ({ input, delay }) => {
      for (let round = 0; round < delay; round += 1) await setImmediate();
      return await generate(model, input);
    }),
  );

async function oneByOne(model: OpenModel, inputs: readonly GenerateInput[]): Promise<Generated[]> {
  const results: Generated[] = [];
  for (const input of inputs) results.push(await generate(model, input));
  return results;
}

test("concurrent generations, started at any moment, write what each writes alone, to the bit", async () => {
  setNumThreads(2);
  await assert(
    asyncProperty(array(Started, { minLength: 2, maxLength: 9 }), async (all) => {
      const inputs = all.map(({ input }) => input);
      expect(await concurrently(opened, all)).toEqual(await oneByOne(opened, inputs));
    }),
    { numRuns: 12, seed: 7 },
  );
});

test("so they do without pages", async () => {
  const model = { ...opened, model: inCaches(opened.model) };
  const inputs = [0, 1, 2, 3].map((seed) => ({ prompt: expected.prompt, maxNewTokens: 30 * seed + 1, seed, topK: 0 }));
  const together = await concurrently(
    model,
    inputs.map((input, i) => ({ input, delay: i })),
  );
  expect(together).toEqual(await oneByOne(model, inputs));
});

test("what is kept of texts that have ended changes no answer, is bounded, and goes with the model", async () => {
  const before = memoryStats().liveTensors;
  const inputs = [0, 1, 2].map((seed) => ({ prompt: expected.long_text, maxNewTokens: 3, seed, topK: 0 }));
  const cold = await oneByOne(opened, inputs);
  {
    using kept = await openTinyGpt2({ promptCacheBytes: 1e6 });
    const { model, widths } = counting(kept.model);
    const warm = { ...model, promptCacheBytes: kept.promptCacheBytes ?? 0 };
    expect(await oneByOne(warm, inputs)).toEqual(cold);
    const [first = 0, , , again = 0] = widths;
    expect([first > 16, again]).toEqual([true, first - 16]); // a page of sixteen tokens is not read again
    expect(
      await concurrently(
        kept,
        inputs.map((input) => ({ input, delay: 0 })),
      ),
    ).toEqual(cold);
    forgetTexts(warm.model);
  }
  expect(memoryStats().liveTensors).toBe(before);
});

test.each(familyNames())("so do those of %s, greedy and sampled, also beyond the context", async (family) => {
  setNumThreads(2);
  const { vocabSize } = opened.model;
  const model = planModel(family, { size: "tiny", vocabSize, contextLength: 24, dimensions: {} }).build({ seed: 5 });
  const fresh: OpenModel = { ...opened, model, contextLength: model.contextLength };
  const inputs = Array.from({ length: 8 }, (_, i) => ({
    prompt: expected.prompt.slice(0, 1 + 3 * i),
    maxNewTokens: 12 + 4 * i,
    temperature: i % 2,
    topK: 0,
    seed: i,
    stopOnEos: false,
  }));
  const together = await concurrently(
    fresh,
    inputs.map((input, i) => ({ input, delay: i % 3 })),
  );
  expect(together).toEqual(await oneByOne(fresh, inputs));
  expect(new Set(together.map(({ outputs }) => outputs[0])).size).toBe(8);
  for (const parameter of model.params.list()) parameter.dispose();
});

test("they share their passes, prompts are read with others' tokens, and one prompt once", async () => {
  const { model, widths } = counting();
  const options = { prompt: "The", temperature: 0, stopOnEos: false };
  const tokens = opened.tokenizer.encode("The").length;
  const write = (maxNewTokens: number, numReturnSequences = 1) =>
    generate(model, { ...options, maxNewTokens, numReturnSequences });
  await Promise.all([write(4, 14), write(9), write(9), write(3)]);
  expect(widths).toEqual([tokens, 17, 17, 16, 2, 2, 2, 2, 2]);
  widths.length = 0;
  // At most 32 sequences a pass: the others are a group of their own.
  await Promise.all([write(3, 16), write(3, 16), write(5, 8)]);
  expect(widths).toEqual([tokens, tokens, 32, 8, 32, 8, 8, 8]);
});

test("a long prompt leaves room for short ones, and holds no sequence up", async () => {
  const model = planModel("gpt2", {
    size: "tiny",
    vocabSize: opened.model.vocabSize,
    contextLength: 400,
    dimensions: {},
  }).build({ seed: 5 });
  const { model: counted, widths } = counting(model);
  const wide = { ...counted, contextLength: 400 };
  const [long, short] = [Array.from({ length: 300 }, (_, i) => i % 90), [3, 4, 5]];
  const ended: string[] = [];
  const write = async (name: string, prompt: readonly number[], maxNewTokens: number) => {
    for await (const _ of generateManyStream(wide, [prompt], { maxNewTokens, temperature: 0, stopOnEos: false }));
    ended.push(name);
  };
  await Promise.all([
    write("long", long, 1),
    write("short", short, 2),
    write("other", [...long.slice(0, 160), ...long.slice(0, 100)], 1),
  ]);
  expect(ended).toEqual(["short", "other", "long"]);
  expect(Math.max(...widths)).toBe(64);
  expect(widths.reduce((sum, n) => sum + n)).toBe(300 + 3 + 1 + 100); // what both have at their beginning is read once
  for (const parameter of model.params.list()) parameter.dispose();
});

test("without pages they share their steps, at most sixteen sequences a pass, and one that starts later joins them", async () => {
  const { model, widths } = counting(inCaches(opened.model));
  const options = { prompt: "The", temperature: 0, stopOnEos: false };
  const write = (maxNewTokens: number, numReturnSequences = 1) =>
    generate(model, { ...options, maxNewTokens, numReturnSequences });
  await Promise.all([write(4, 14), write(9), write(9), write(3)]);
  // Prompts are read alone, and the fourth request is the seventeenth sequence.
  expect(widths).toEqual([1, 1, 1, 1, 16, 1, 16, 1, 16, 2, 2, 2, 2, 2]);
  const long = generateStream(model, { ...options, maxNewTokens: 10_000 });
  await long.next();
  await write(4, 2);
  await long.return(await write(1));
  // Of the three steps, one may be that at which the long one moves on, which is read apart.
  expect(widths.filter((n) => n === 3).length).toBeGreaterThanOrEqual(2);
});

test("one that is aborted, or no longer read, leaves the others as they are, and no tensor behind", async () => {
  const input = { prompt: "The lamp", maxNewTokens: 60, stopOnEos: false, temperature: 0 };
  const alone = await generate(opened, input);
  const before = memoryStats().liveTensors;
  const stop = new AbortController();
  const readOnce = async () => {
    for await (const event of generateStream(opened, { ...input, prompt: "T" })) if (event.type === "text") break;
  };
  const stopped = generate(opened, { ...input, maxNewTokens: 10_000 }, stop.signal);
  const waiting = generateMany(opened, Array<string>(15).fill("who"), { ...input, maxNewTokens: 10_000 }, stop.signal);
  const others = [generate(opened, input), generate(opened, input)];
  await readOnce();
  stop.abort(new Error("enough"));
  await expect(stopped).rejects.toThrow("enough");
  await expect(waiting).rejects.toThrow("enough");
  expect((await Promise.all(others)).map(({ outputs }) => outputs)).toEqual([alone.outputs, alone.outputs]);
  expect(memoryStats().liveTensors).toBe(before);
});

/** The model, with `before` called ahead of each pass, with what it reads: ids (n, T). */
const watched = (before: (ids: Tensor) => void, of = opened.model): OpenModel => ({
  ...opened,
  model: { ...of, hidden: (ids, ctx) => (before(ids), of.hidden(ids, ctx)) },
});

/** Outcome of a generation; awaited later than it may be rejected. */
const settled = async (work: Promise<Generated>) => (await Promise.allSettled([work]))[0];

const rejection = (message: string) => ({ status: "rejected", reason: { message: containing(message) } });

test("what the model throws in a pass fails all that share it, and none that starts later", async () => {
  let broken = false;
  const model = watched(() => {
    if (broken) throw new Error("no more memory");
  });
  const before = memoryStats().liveTensors;
  const options = { temperature: 0, stopOnEos: false };
  const first = generateStream(model, { ...options, prompt: "The lamp", maxNewTokens: 5000 });
  const second = generateStream(model, { ...options, prompt: "T", maxNewTokens: 5000, numReturnSequences: 2 });
  await Promise.all([first.next(), second.next()]);
  broken = true;
  expect(await Promise.allSettled([resultOf(first), resultOf(second)])).toMatchObject([
    rejection("no more memory"),
    rejection("no more memory"),
  ]);
  broken = false;
  expect((await generate(model, { ...options, prompt: "T", maxNewTokens: 3 })).steps).toBe(3);
  expect(memoryStats().liveTensors).toBe(before);
});

test("logits that are no numbers fail the request with that prompt alone", async () => {
  const damaged = opened.tokenizer.encode("The lamp burned");
  const { hidden } = opened.model;
  const model: OpenModel = {
    ...opened,
    model: {
      ...opened.model,
      hidden: (ids, ctx) => {
        const read = Array.from(ids.flatten().data(), Number);
        const from = read.findIndex((_, i) => damaged.every((id, j) => read[i + j] === id));
        const found = hidden(ids, ctx); // (N, 1, C)
        if (from >= 0) found.narrow(0, from, damaged.length).mul_(NaN);
        return found;
      },
    },
  };
  const before = memoryStats().liveTensors;
  const options = { temperature: 0, stopOnEos: false, maxNewTokens: 40, seed: 1 };
  const alone = await generate(opened, { ...options, prompt: "T" });
  const running = generate(model, { ...options, prompt: "T" });
  await setImmediate();
  const failed = settled(generate(model, { ...options, prompt: "The lamp burned" }));
  expect(await failed).toMatchObject(rejection("not finite"));
  expect(await running).toEqual(alone);
  expect(memoryStats().liveTensors).toBe(before);
});

test("without pages what the model throws in a step fails all that share it, and none that starts later", async () => {
  let broken = false;
  const model = watched((ids) => {
    if (broken && ids.size(1) === 1) throw new Error("no more memory");
  }, inCaches(opened.model));
  const before = memoryStats().liveTensors;
  const options = { temperature: 0, stopOnEos: false };
  const first = generateStream(model, { ...options, prompt: "The lamp", maxNewTokens: 5000 });
  const second = generateStream(model, { ...options, prompt: "T", maxNewTokens: 5000, numReturnSequences: 2 });
  const short = generateStream(model, { ...options, prompt: "T", maxNewTokens: 1 });
  await Promise.all([first.next(), second.next(), short.next()]);
  broken = true;
  const late = generate(model, { ...options, prompt: "The lamp", maxNewTokens: 1 }); // waits while the step fails
  expect(await Promise.allSettled([resultOf(first), resultOf(second)])).toMatchObject([
    rejection("no more memory"),
    rejection("no more memory"),
  ]);
  expect((await resultOf(short)).steps).toBe(1); // had finished before
  expect((await late).steps).toBe(1);
  broken = false;
  expect((await generate(model, { ...options, prompt: "T", maxNewTokens: 3 })).steps).toBe(3);
  expect(memoryStats().liveTensors).toBe(before);
});

test("without pages what the model throws at a prompt, and logits that are no numbers, fail the request with that prompt alone", async () => {
  const throws = [...opened.tokenizer.encode("Who came")];
  const damaged = [...opened.tokenizer.encode("The lamp burned")];
  const isOf = (ids: Tensor, prompt: readonly number[]) => JSON.stringify(ids.toArray()) === JSON.stringify([prompt]);
  const { hidden } = opened.model;
  const model = watched(
    (ids) => {
      if (isOf(ids, throws)) throw new Error("no more memory");
    },
    {
      ...inCaches(opened.model),
      hidden: (ids, ctx) => (isOf(ids, damaged) ? hidden(ids, ctx).mul(NaN) : hidden(ids, ctx)),
    },
  );
  const before = memoryStats().liveTensors;
  const options = { temperature: 0, stopOnEos: false, maxNewTokens: 40 };
  const alone = await generate(opened, { ...options, prompt: "T" });
  const running = generate(model, { ...options, prompt: "T" });
  await setImmediate();
  const failed = [settled(generate(model, { ...options, prompt: "The lamp burned" }))];
  await setImmediate();
  failed.push(settled(generate(model, { ...options, prompt: "Who came" })));
  expect(await Promise.all(failed)).toMatchObject([rejection("not finite"), rejection("no more memory")]);
  expect(await running).toEqual({ ...alone, seed: (await running).seed });
  expect(memoryStats().liveTensors).toBe(before);
});

test("a prompt whose answer ended at once is read again for one that comes before the next pass", () => {
  const pages = opened.model.newPages?.();
  if (!pages || opened.eosId === null) throw new Error("no pages, or no end");
  using beginnings = new Beginnings(pages, 0);
  using group = new PagedGroup(opened.model, beginnings);
  const options = GenerateOptions.parse({ prompt: "", maxNewTokens: 5 });
  const steering = { logitBias: new Map([[opened.eosId, 1e9]]) };
  const prompt = [...opened.tokenizer.encode("The lamp")];
  for (const seed of [1, 2]) {
    const sequence = new Sequence(0, opened, options, prompt, new Random(seed, 0), steering);
    group.admit({ sequence, request: new DecodingRequest([sequence]) });
    group.step();
    expect(sequence.finished).toBe("eos");
  }
});

test("a model whose sequences must not differ in length reads those of one prompt at a time", async () => {
  const { model, widths } = counting();
  const { ragged: _, ...rest } = inCaches(model.model);
  const even: OpenModel = { ...model, model: rest };
  const write = (prompt: string, numReturnSequences: number) =>
    generate(even, { prompt, temperature: 0, stopOnEos: false, maxNewTokens: 3, numReturnSequences });
  const [one, other] = await Promise.all([write("The lamp", 2), write("T", 3)]);
  expect(widths).toEqual([1, 1, 2, 3, 2, 3]);
  expect([one, other].map(({ outputs }) => new Set(outputs).size)).toEqual([1, 1]);
});

test("weights in a smaller type are read for each generation apart", async () => {
  const { model, widths } = counting();
  const write = () => generate({ ...model, weightType: "bf16" }, { prompt: "T", temperature: 0, maxNewTokens: 2 });
  await Promise.all([write(), write()]);
  expect(widths).toEqual([1, 1, 1, 1]);
});

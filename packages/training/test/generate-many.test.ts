import type { CausalLm } from "@trainer/models";
import { eagerQueue, memoryStats, type DeviceQueue } from "@trainer/torch";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  generate,
  generateMany,
  generateManyStream,
  type Generated,
  type GenerateEvent,
} from "../src/inference/generate.js";
import type { GenerateInput } from "@trainer/options";
import type { OpenModel } from "../src/inference/open-model.js";
import { expected, openTinyGpt2 } from "./fixture.js";
import { scriptedModel } from "./scripted-model.js";

let opened: OpenModel;
beforeAll(async () => {
  opened = await openTinyGpt2();
});
afterAll(() => opened[Symbol.dispose]());

/** The model that keeps nothing between generations. */
const unkept = (): OpenModel => {
  const { recorded: _, ...rest } = opened;
  return rest;
};

type Options = Omit<GenerateInput, "prompt">;

const PROMPTS = ["T", expected.prompt, expected.long_text, "The lamp", "T"];

async function eventsOf(prompts: readonly string[], options: Options, queue: DeviceQueue | null, model = unkept()) {
  const events: GenerateEvent[] = [];
  for await (const event of generateManyStream(model, prompts, options, undefined, queue)) events.push(event);
  return events;
}

/** Each generated when the one before is done. */
async function oneByOne(inputs: readonly GenerateInput[]): Promise<Generated[]> {
  const results: Generated[] = [];
  for (const input of inputs) results.push(await generate(opened, input));
  return results;
}

const resultOf = (events: readonly GenerateEvent[]) => events.flatMap((e) => (e.type === "done" ? [e.result] : []))[0];

const cases: [what: string, options: Options][] = [
  ["the likeliest tokens", { temperature: 0, stopOnEos: false }],
  ["the likeliest tokens that were not said", { temperature: 0, repetitionPenalty: 1.5 }],
  ["tokens by chance", { seed: 11, topK: 0 }],
  ["tokens of the likeliest", { seed: 12, topK: 20, topP: 0.9, minP: 0.01, repetitionPenalty: 1.2 }],
  ["three texts each", { seed: 13, numReturnSequences: 3 }], // 15 side by side
  ["five texts each", { seed: 14, numReturnSequences: 5, stopSequences: ["e"] }], // more than are decoded together
];

test.each(cases)("several prompts are gone on from as each alone, to the bit: %s", async (_, options) => {
  for (const maxNewTokens of [1, 13, 70]) {
    const { outputs, stepsPerSequence } = await generateMany(opened, PROMPTS, { ...options, maxNewTokens });
    const alone = await oneByOne(PROMPTS.map((prompt) => ({ ...options, maxNewTokens, prompt })));
    expect(outputs).toEqual(alone.flatMap((each) => each.outputs));
    expect(stepsPerSequence).toEqual(alone.flatMap((each) => each.stepsPerSequence));
  }
});

test.each(cases)("steps that are recorded and read behind write what steps one by one do: %s", async (_, options) => {
  for (const maxNewTokens of [1, 13, 40]) {
    // of 1 none is recorded
    const input = { ...options, maxNewTokens };
    const before = memoryStats().liveTensors;
    const [found, wanted] = [await eventsOf(PROMPTS, input, eagerQueue), await eventsOf(PROMPTS, input, null)];
    expect(resultOf(found)).toEqual({ ...resultOf(wanted), seed: resultOf(found)?.seed });
    expect(found.filter((e) => e.type === "text").length).toBeGreaterThanOrEqual(1);
    expect(memoryStats().liveTensors).toBe(before);
  }
});

test("events name each sequence by its place among all, those of the first prompt first", async () => {
  const input = { seed: 5, numReturnSequences: 2, maxNewTokens: 6, stopOnEos: false };
  const events = await eventsOf(["T", "The lamp", expected.prompt], input, null);
  const ends = events.flatMap((e) => (e.type === "sequence" ? [e.sequence] : []));
  expect(ends.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5]);
  const texts = ends.map((__, i) => events.flatMap((e) => (e.type === "text" && e.sequence === i ? [e.text] : [])));
  expect(texts.map((parts) => parts.join(""))).toEqual(resultOf(events)?.outputs);
});

test("recorded steps go on beyond the context, each sequence from its own last half", async () => {
  const input = { temperature: 0, stopOnEos: false, maxNewTokens: 150 };
  const found = resultOf(await eventsOf(PROMPTS, input, eagerQueue));
  expect(found?.steps).toBe(150 * PROMPTS.length);
  expect(found?.outputs).toEqual(resultOf(await eventsOf(PROMPTS, input, null))?.outputs);
});

test("more tokens are drawn than there are random numbers on the device at a time", async () => {
  const input = { seed: 4, stopOnEos: false, maxNewTokens: 1040 };
  const found = resultOf(await eventsOf(["T", "The lamp"], input, eagerQueue));
  expect(found?.outputs).toEqual(resultOf(await eventsOf(["T", "The lamp"], input, null))?.outputs);
});

test("ids that stand for no token are never drawn by recorded steps either, and top-p 0 writes the likeliest", async () => {
  const ids = [...opened.tokenizer.encode(" lamp burned all night")];
  using whole = scriptedModel(opened, [...ids, ...ids, ...ids], 5);
  const input = { topP: 0, maxNewTokens: 2 * ids.length, seed: 1 };
  const likeliest = resultOf(await eventsOf(["T"], input, eagerQueue, whole));
  expect(likeliest?.outputs).toEqual([opened.tokenizer.decode([...ids, ...ids])]);
  expect(likeliest?.outputs).toEqual(resultOf(await eventsOf(["T"], input, null, whole))?.outputs);
  const absent = ids.slice(2, 3);
  const holed = { ...whole, absent };
  const without = resultOf(await eventsOf(["T"], input, eagerQueue, holed));
  expect(without?.outputs).toEqual(resultOf(await eventsOf(["T"], input, null, holed))?.outputs);
  expect(without?.outputs).not.toEqual(likeliest?.outputs);
  const text = String(without?.outputs[0]);
  expect([...opened.tokenizer.encode(text)]).not.toContain(absent[0]);
});

test("a text ends where its model says, whatever was drawn after that", async () => {
  const EOS = 3;
  const ids = [...opened.tokenizer.encode(" lamp burned all night")];
  using model = scriptedModel(opened, [...ids, EOS, ...ids, ...ids, ...ids], 5);
  const options = { temperature: 0, maxNewTokens: 3 * ids.length };
  const events = await eventsOf(["T"], options, eagerQueue, model);
  expect(resultOf(events)).toMatchObject({ outputs: [" lamp burned all night"], finishReasons: ["eos"] });
  const stopped = await eventsOf(["T"], { ...options, stopSequences: ["burned"] }, eagerQueue, model);
  expect(resultOf(stopped)).toMatchObject({ outputs: [" lamp "], finishReasons: ["stop"] });
});

test("aborting ends recorded generation too, and frees what it held", async () => {
  const before = memoryStats().liveTensors;
  const stop = new AbortController();
  const events = generateManyStream(unkept(), ["T"], { maxNewTokens: 10_000 }, stop.signal, eagerQueue);
  await events.next();
  stop.abort(new Error("enough"));
  await expect(
    (async () => {
      for (;;) await events.next();
    })(),
  ).rejects.toThrow("enough");
  expect(memoryStats().liveTensors).toBe(before);
});

test("all that was asked for is read, also what nobody wants any more", async () => {
  let open = 0;
  const counting: DeviceQueue = {
    ...eagerQueue,
    read(numbers) {
      open += 1;
      const read = eagerQueue.read(numbers);
      return () => ((open -= 1), read());
    },
  };
  const input = { temperature: 0, maxNewTokens: 60, stopSequences: ["e"] };
  expect(resultOf(await eventsOf(["T"], input, counting))?.finishReasons).toEqual(["stop"]);
  const events = generateManyStream(unkept(), ["T"], { maxNewTokens: 60, stopOnEos: false }, undefined, counting);
  await events.next();
  await events.next();
  await events.return({
    outputs: [],
    steps: 0,
    stepsPerSequence: [],
    eosTerminated: [],
    finishReasons: [],
    begin: [],
    seed: 0,
  });
  expect(open).toBe(0);
});

test("where steps cannot be recorded they are done one by one", async () => {
  const broken: DeviceQueue = {
    record: () => {
      throw new Error("no graphs here");
    },
    read: eagerQueue.read,
  };
  const before = memoryStats().liveTensors;
  const input = { temperature: 0, maxNewTokens: 20 };
  expect(resultOf(await eventsOf(PROMPTS, input, broken))?.outputs).toEqual(
    resultOf(await eventsOf(PROMPTS, input, null))?.outputs,
  );
  expect(memoryStats().liveTensors).toBe(before);
});

test("a model whose sequences must not differ in length reads each prompt's apart", async () => {
  const { ragged: _, ...rest } = opened.model;
  const model: CausalLm = rest;
  const input = { temperature: 0, maxNewTokens: 20 };
  const apart = await eventsOf(PROMPTS, input, eagerQueue, { ...opened, model });
  expect(resultOf(apart)?.outputs).toEqual(resultOf(await eventsOf(PROMPTS, input, null))?.outputs);
  const other: CausalLm = { ...opened.model, newCache: (batch, capacity) => opened.model.newCache(batch, capacity) };
  const one = await eventsOf(["T"], input, eagerQueue, { ...opened, model: other }); // reports so, and has another cache
  expect(resultOf(one)?.outputs).toEqual(resultOf(apart)?.outputs.slice(0, 1));
});

test("a recording is kept for the next generation of its kind, and no longer than the model", async () => {
  const model = await openTinyGpt2();
  let recorded = 0;
  const counting: DeviceQueue = { ...eagerQueue, record: (work) => ((recorded += 1), eagerQueue.record(work)) };
  const write = async (prompts: readonly string[], options: Options) =>
    resultOf(await eventsOf(prompts, { stopOnEos: false, maxNewTokens: 16, ...options }, counting, model))?.outputs;
  const first = await write(["T", "The lamp"], { seed: 1 });
  expect(await write(["The lamp", "T"], { seed: 1, maxNewTokens: 19 })).toHaveLength(2);
  expect(await write(["T", "The lamp"], { seed: 1 })).toEqual(first);
  expect(recorded).toBe(1);
  await write(["T"], { seed: 1 }); // fewer sequences
  await write(["T"], { seed: 1, temperature: 0.5 });
  expect(recorded).toBe(3);
  const held = memoryStats().liveTensors;
  const both = [write(["T"], { seed: 1, temperature: 0.5 }), write(["T"], { seed: 1, temperature: 0.5 })];
  const [one, other] = await Promise.all(both); // at the same time: each has its own
  expect([one, recorded, memoryStats().liveTensors]).toEqual([other, 4, held]);
  const parameters = model.model.params.list().length;
  model[Symbol.dispose]();
  expect(memoryStats().liveTensors).toBeLessThan(held - parameters);
});

import { logits, type CausalLm } from "@trainer/models";
import { getRngState, memoryStats, noGrad, scope, tensor } from "@trainer/torch";
import { afterAll, beforeAll, expect, test } from "vitest";
import { generate, generateStream, type GenerateEvent } from "../src/inference/generate.js";
import type { GenerateInput } from "@trainer/options";
import type { OpenModel } from "../src/inference/open-model.js";
import { halfWindow, promptLength } from "../src/inference/window.js";
import { containing, expected, openTinyGpt2 } from "./fixture.js";
import { scriptedModel } from "./scripted-model.js";

let opened: OpenModel;
beforeAll(async () => {
  opened = await openTinyGpt2();
});
afterAll(() => opened[Symbol.dispose]());

const EOS = 3;
const greedy = { temperature: 0, stopOnEos: false } as const;
const encode = (text: string) => [...opened.tokenizer.encode(text)];
const decode = (ids: readonly number[]) => opened.tokenizer.decode(ids, { skipSpecial: true });

/** Output of a model that generates `ids`, after a prompt of one token. */
async function play(ids: readonly number[], input: Partial<GenerateInput> = {}) {
  using model = scriptedModel(opened, ids);
  return await generate(model, { prompt: "T", temperature: 0, maxNewTokens: ids.length, ...input });
}

async function eventsOf(model: OpenModel, input: GenerateInput): Promise<GenerateEvent[]> {
  const events: GenerateEvent[] = [];
  for await (const event of generateStream(model, input)) events.push(event);
  return events;
}

const pieces = (events: readonly GenerateEvent[]) => events.flatMap((e) => (e.type === "text" ? [e.text] : []));

/** Greedy generation without a cache: the whole window is computed again for every token. */
function withoutCache(model: CausalLm, prompt: readonly number[], count: number): number[] {
  const context = model.contextLength;
  let window = prompt.slice(-promptLength(prompt.length, count, context));
  return Array.from({ length: count }, () => {
    const id = scope(() =>
      noGrad(() => {
        const input = tensor(window, [1, window.length], { dtype: "int64" });
        return logits(model, input, { training: false })
          .select(1, window.length - 1)
          .argmax()
          .item();
      }),
    );
    window = [...window, id];
    if (window.length > context) window = window.slice(-halfWindow(context));
    return id;
  });
}

test("greedy text is what transformers generates", async () => {
  const count = expected.greedy.length;
  const { outputs, steps } = await generate(opened, { ...greedy, prompt: expected.prompt, maxNewTokens: count });
  expect(steps).toBe(count);
  expect(outputs).toEqual([expected.greedy_text]);
});

test("generation with a cache is what computing every token's whole window gives, beyond the context too", async () => {
  for (const [prompt, count] of [
    [expected.prompt, 10],
    [expected.prompt, 100],
    [expected.long_text, 70],
    ["T", 40],
  ] as const) {
    const { outputs } = await generate(opened, { ...greedy, prompt, maxNewTokens: count });
    expect(outputs).toEqual([decode(withoutCache(opened.model, encode(prompt), count))]);
  }
});

test("the output begins after the prompt", async () => {
  const { outputs } = await play(encode(" lamp burned"));
  expect(outputs).toEqual([" lamp burned"]);
});

test("the end-of-text token ends a sequence, is no part of it and not counted", async () => {
  const text = encode("Good night");
  const script = [...text, EOS, ...encode(" and more")];
  expect(await play(script)).toMatchObject({
    outputs: ["Good night"],
    steps: text.length,
    stepsPerSequence: [text.length],
    eosTerminated: [true],
    finishReasons: ["eos"],
  });
  expect(await play(script, { stopOnEos: false })).toMatchObject({
    outputs: ["Good night and more"],
    steps: script.length,
    eosTerminated: [false],
    finishReasons: ["length"],
  });
});

test("a stop sequence ends the text before it, wherever the tokens are cut", async () => {
  const text = "Who came?\nUser: I did";
  const script = encode(text);
  const { outputs, finishReasons, eosTerminated } = await play(script, { stopSequences: ["\nUser:", "never"] });
  expect({ outputs, finishReasons, eosTerminated }).toEqual({
    outputs: ["Who came?"],
    finishReasons: ["stop"],
    eosTerminated: [false],
  });
  for (let end = 1; end < text.length; end += 1) {
    const stop = text.slice(Math.max(0, end - 4), end);
    expect((await play(script, { stopSequences: [stop] })).outputs).toEqual([text.slice(0, text.indexOf(stop))]);
  }
});

test("text that begins like a stop sequence and ends otherwise is not lost", async () => {
  const script = encode("the window");
  expect(await play(script, { stopSequences: ["window!"] })).toMatchObject({
    outputs: ["the window"],
    finishReasons: ["length"],
  });
});

test("streamed text comes in whole characters and adds up to the output", async () => {
  const text = "Für кораблей 船のため？ 🚢🚢 ok";
  using model = scriptedModel(opened, encode(text));
  const events = await eventsOf(model, { prompt: "T", temperature: 0, maxNewTokens: encode(text).length });
  const texts = pieces(events);
  expect(texts.join("")).toBe(text);
  expect(texts.length).toBeGreaterThan(10);
  expect(texts.every((piece) => piece !== "" && piece.isWellFormed() && !piece.includes("\uFFFD"))).toBe(true);
});

test("a character that is never finished comes as a replacement, and may be what one stops at", async () => {
  const [first = 0] = encode("🚢");
  const script = [...encode("ok"), first];
  expect((await play(script)).outputs).toEqual(["ok\uFFFD"]);
  expect(await play(script, { stopSequences: ["\uFFFD"] })).toMatchObject({ outputs: ["ok"], finishReasons: ["stop"] });
  expect(await play([...script, EOS], { stopSequences: ["\uFFFD"] })).toMatchObject({
    outputs: ["ok"],
    finishReasons: ["eos"],
  });
});

test("a stream tells each sequence's end, then the whole result", async () => {
  const input = { prompt: "The", maxNewTokens: 5, seed: 1, numReturnSequences: 2, stopOnEos: false };
  const events = await eventsOf(opened, input);
  const ends = events.flatMap((event) => (event.type === "sequence" ? [event] : []));
  expect(ends).toEqual([0, 1].map((sequence) => ({ type: "sequence", sequence, steps: 5, finishReason: "length" })));
  expect(events.at(-1)).toEqual({ type: "done", result: await generate(opened, input) });
  const first = events.flatMap((event) => (event.type === "text" && event.sequence === 0 ? [event.text] : []));
  expect(first.join("")).toBe((await generate(opened, input)).outputs[0]);
});

test("a sequence is the same text, to the bit, however many are written beside it", async () => {
  const input = { prompt: "The lamp", maxNewTokens: 50, seed: 11, temperature: 1.5, topK: 0 }; // past the context
  const many = await generate(opened, { ...input, numReturnSequences: 18 }); // more than go together
  expect(new Set(many.outputs).size).toBeGreaterThan(16);
  expect(new Set(many.stepsPerSequence).size).toBeGreaterThan(1); // some end early and leave the batch
  for (const n of [1, 2, 5, 17]) {
    const few = await generate(opened, { ...input, numReturnSequences: n });
    expect(few.outputs).toEqual(many.outputs.slice(0, n));
    expect(few.stepsPerSequence).toEqual(many.stepsPerSequence.slice(0, n));
  }
});

test("what was said before becomes rarer with a repetition penalty", async () => {
  const input = { ...greedy, prompt: "The", maxNewTokens: 30 } as const;
  const distinct = async (repetitionPenalty: number) => {
    const { outputs } = await generate(opened, { ...input, repetitionPenalty });
    const ids = encode(outputs.join(""));
    return new Set(ids).size / ids.length;
  };
  expect(await distinct(1e6)).toBeGreaterThan(await distinct(1));
});

test("an equal seed gives equal text, each time and of any number of sequences", async () => {
  const input = { prompt: "The lamp", maxNewTokens: 40, seed: 11 };
  const one = await generate(opened, input);
  expect(await generate(opened, input)).toEqual(one);
  const three = await generate(opened, { ...input, numReturnSequences: 3 });
  expect(three.outputs[0]).toBe(one.outputs[0]);
  expect(new Set(three.outputs).size).toBe(3);
  expect(three.steps).toBe(three.stepsPerSequence.reduce((a, b) => a + b));
  expect((await generate(opened, { ...input, seed: 12 })).outputs).not.toEqual(one.outputs);
});

test("without a seed one is drawn and told", async () => {
  const drawn = await generate(opened, { prompt: "The", maxNewTokens: 20 });
  const again = await generate(opened, { prompt: "The", maxNewTokens: 20, seed: drawn.seed });
  expect(again).toEqual(drawn);
  expect((await generate(opened, { prompt: "The", maxNewTokens: 20 })).seed).not.toBe(drawn.seed);
});

test("generating leaves the library's random numbers where they were", async () => {
  const before = getRngState();
  await generate(opened, { prompt: "The", maxNewTokens: 10 });
  expect(getRngState()).toEqual(before);
});

test("nothing generated stays in native memory, also when the reader of a stream leaves early", async () => {
  const before = memoryStats().liveTensors;
  await generate(opened, { prompt: "The", maxNewTokens: 100, numReturnSequences: 2 });
  for await (const event of generateStream(opened, { prompt: "The" })) if (event.type === "text") break;
  expect(memoryStats().liveTensors).toBe(before);
});

test("several sequences each go on from the prompt, also after one has moved the window", async () => {
  const { outputs } = await generate(opened, { ...greedy, prompt: "The", maxNewTokens: 60, numReturnSequences: 2 });
  expect(outputs[1]).toBe(outputs[0]);
});

test("an empty prompt begins a new text, after the token that ends one", async () => {
  const begun = await generate(opened, { ...greedy, prompt: "", maxNewTokens: 12 });
  expect(begun.outputs).toEqual([decode(withoutCache(opened.model, [EOS], 12))]);
  await expect(generate({ ...opened, startId: null }, { prompt: "" })).rejects.toMatchObject({
    code: "INVALID_INPUT",
    message: containing("give a prompt"),
  });
});

test("ids that the tokenizer does not have are never drawn", async () => {
  const { vocabSize } = opened.tokenizer;
  using wide = scriptedModel(opened, [vocabSize + 5, ...encode(" lamp"), vocabSize], 10);
  const { outputs, steps } = await generate(wide, { prompt: "T", temperature: 0, maxNewTokens: 3 });
  expect(steps).toBe(3);
  expect(outputs.join("")).toContain(" lamp");
});

test("options out of range are refused, each by its name", async () => {
  const wrong = { prompt: "a", maxNewTokens: 0, temperature: 3, topP: 2, topK: -1, stopSequences: [""] };
  await expect(generate(opened, wrong)).rejects.toMatchObject({
    code: "INVALID_INPUT",
    message: containing(/maxNewTokens.*temperature.*topK.*topP.*stopSequences/s),
  });
});

test("an aborted generation stops between two tokens", async () => {
  const controller = new AbortController();
  const texts: string[] = [];
  const run = async () => {
    for await (const event of generateStream(
      opened,
      { prompt: "The", maxNewTokens: 10_000, stopOnEos: false },
      controller.signal,
    )) {
      if (event.type === "text") texts.push(event.text);
      if (texts.length === 5) controller.abort();
    }
  };
  await expect(run()).rejects.toMatchObject({ name: "AbortError" });
  expect(texts.length).toBe(5);
});

test("a generation that is aborted before it begins writes nothing", async () => {
  const stream = generateStream(opened, { prompt: "The", maxNewTokens: 5 }, AbortSignal.abort());
  await expect(stream.next()).rejects.toMatchObject({ name: "AbortError" });
});

test("other work goes on while a text is written", async () => {
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), 1);
  await generate(opened, { ...greedy, prompt: "The", maxNewTokens: 400 });
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(0);
});

test("a model whose weights give no numbers is refused", async () => {
  using broken = scriptedModel(opened, [5, 6]);
  noGrad(() => broken.model.head.fill_(Number.NaN));
  await expect(generate(broken, { prompt: "T" })).rejects.toMatchObject({
    code: "MODEL_INCOMPATIBLE",
    message: containing("not finite"),
  });
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { logits as logitsOfAll, planModel } from "@trainer/models";
import { noGrad, scope, tensor, type Tensor } from "@trainer/torch";
import { array, assert, asyncProperty, integer, nat } from "fast-check";
import { complete, promptTokens, type CompletionInput } from "../src/inference/complete.js";
import type { ExpectedToken } from "../src/inference/expected-token.js";
import { generate } from "../src/inference/generate.js";
import { likelihoods } from "../src/inference/likelihoods.js";
import type { OpenModel } from "../src/inference/open-model.js";
import type { SequenceEvent } from "../src/inference/sequence.js";
import { score } from "../src/inference/score.js";
import { expected, openTinyGpt2 } from "./fixture.js";
import { scriptedModel } from "./scripted-model.js";

let opened: OpenModel;
beforeAll(async () => {
  opened = await openTinyGpt2();
});
afterAll(() => opened[Symbol.dispose]());

interface Told {
  readonly text: string;
  readonly tokens: readonly ExpectedToken[];
  readonly end: Extract<SequenceEvent, { type: "sequence" }> | null;
}

/** What came of each sequence, and of each prompt. */
async function told(model: OpenModel, prompts: readonly (readonly number[])[], input: CompletionInput) {
  const sequences: Told[] = [];
  const { echoed, events } = await complete(model, prompts, input);
  for await (const event of events) {
    const before = sequences[event.sequence] ?? { text: "", tokens: [], end: null };
    const tokens = [...before.tokens, ...(event.tokens ?? [])];
    const text = before.text + (event.type === "text" ? event.text : "");
    sequences[event.sequence] = { text, tokens, end: event.type === "sequence" ? event : null };
  }
  return { sequences, echoed };
}

/** Logarithms of probabilities (T, V) by the model's own logits. */
const logprobsOf = (model: OpenModel, ids: readonly number[]): number[][] =>
  scope(() =>
    noGrad(() => {
      const input = tensor(ids, [1, ids.length], { dtype: "int64" });
      const all = logitsOfAll(model.model, input, { training: false }).select(0, 0).logSoftmax(-1);
      return ids.map((_, i) => Array.from(all.select(0, i).data(), Number));
    }),
  );

test("a completion writes what a generation writes, and tells what was expected of each token", async () => {
  const options = { maxNewTokens: 20, temperature: 0.9, topK: 0, seed: 7, numReturnSequences: 3, stopOnEos: false };
  const ids = promptTokens(opened, expected.prompt);
  const { sequences } = await told(opened, [ids], { ...options, steering: { logprobs: 3 } });
  const generated = await generate(opened, { ...options, prompt: expected.prompt });
  expect(sequences.map(({ text }) => text)).toEqual(generated.outputs);
  for (const { tokens } of sequences) {
    expect(tokens).toHaveLength(20);
    const all = logprobsOf(opened, [...ids, ...tokens.map(({ id }) => id)]);
    for (const [i, { id, logprob, top }] of tokens.entries()) {
      const row = all[ids.length - 1 + i] ?? [];
      expect(logprob).toBeCloseTo(Number(row[id]), 4);
      expect(top[0]?.logprob).toBeCloseTo(Math.max(...row), 4);
      expect(top).toHaveLength(3);
    }
  }
});

test("a prompt that is echoed has the likelihoods of a score, and one more token by the same reading", async () => {
  const prompts = [expected.prompt, "The lamp", expected.long_text.slice(0, 60)].map((text) =>
    promptTokens(opened, text),
  );
  const input = { maxNewTokens: 1, temperature: 0, echo: true, steering: { logprobs: 1 } };
  const { echoed, sequences } = await told(opened, prompts, input);
  for (const [i, ids] of prompts.entries()) {
    const { surprisal } = await score(opened, {
      text: opened.tokenizer.decode(ids),
      detailLevel: "per_char",
      bos: "no",
    });
    const bits = echoed[i]?.map(({ logprob }) => -logprob / Math.LN2) ?? [];
    expect(bits).toHaveLength(ids.length - 1);
    for (const [at, value] of (surprisal ?? []).entries()) expect(bits[at]).toBeCloseTo(value, 3);
    const [alone] = (await told(opened, [ids], { ...input, echo: false })).sequences;
    expect(sequences[i]?.tokens.map(({ id }) => id)).toEqual(alone?.tokens.map(({ id }) => id));
    // lm-eval takes a token for the greedy one where the numbers are the same.
    const greedy = (echoed[i] ?? []).filter(({ id, top }) => top[0]?.id === id);
    expect(greedy.map(({ logprob }) => logprob)).toEqual(greedy.map(({ top }) => top[0]?.logprob));
  }
});

test("texts that are read side by side have the likelihoods that each has alone", async () => {
  const text = array(integer({ min: 0, max: opened.tokenizer.vocabSize - 1 }), {
    minLength: 1,
    maxLength: opened.contextLength,
  });
  await assert(
    asyncProperty(array(text, { minLength: 1, maxLength: 12 }), nat(4), async (texts, k) => {
      const together = await likelihoods(opened, texts, k);
      for (const [i, ids] of texts.entries()) {
        const [alone] = await likelihoods(opened, [ids], k);
        expect(together[i]?.map(({ id }) => id)).toEqual(ids.slice(1));
        for (const [at, { logprob, top }] of (alone ?? []).entries()) {
          expect(together[i]?.[at]?.logprob).toBeCloseTo(logprob, 4);
          expect(top).toHaveLength(Math.min(k, opened.tokenizer.vocabSize - opened.absent.length));
        }
      }
    }),
    { numRuns: 15 },
  );
});

test.each(["gpt2", "llama", "char_lstm"])(
  "texts that begin alike have the likelihoods that each has alone: %s",
  async (family) => {
    const { vocabSize } = opened.model;
    const model = planModel(family, { size: "tiny", vocabSize, contextLength: 24, dimensions: {} }).build({ seed: 5 });
    const small: OpenModel = { ...opened, model, contextLength: 24 };
    const id = integer({ min: 0, max: 2 });
    const text = array(id, { minLength: 1, maxLength: 12 });
    const beginnings = array(array(id, { minLength: 4, maxLength: 12 }), { minLength: 1, maxLength: 2 });
    await assert(
      asyncProperty(beginnings, array(text, { minLength: 2, maxLength: 10 }), async (starts, ends) => {
        const texts = [...ends.map((end, i) => [...(starts[i % starts.length] ?? []), ...end]), ...starts];
        const logits = texts.map((): number[] => []);
        const onNext = (i: number, next: Tensor) => void logits[i]?.push(next.argmax().item());
        const together = await likelihoods(small, texts, 2, { onNext });
        for (const [i, ids] of texts.entries()) {
          const [alone = []] = await likelihoods(small, [ids], 2);
          expect(together[i]?.map((each) => each.id)).toEqual(ids.slice(1));
          for (const [at, { logprob, top }] of alone.entries()) {
            expect(together[i]?.[at]?.logprob).toBeCloseTo(logprob, 4);
            expect(together[i]?.[at]?.top[0]?.logprob).toBeCloseTo(Number(top[0]?.logprob), 4);
          }
          const whole = scope(() =>
            noGrad(() => {
              const input = tensor(ids, [1, ids.length], { dtype: "int64" });
              return logitsOfAll(model, input, { training: false })
                .select(0, 0)
                .select(0, ids.length - 1)
                .argmax()
                .item();
            }),
          );
          expect(logits[i]).toEqual([whole]);
        }
      }),
      { numRuns: 12 },
    );
    for (const parameter of model.params.list()) parameter.dispose();
  },
);

test("what texts begin with is read once, in rows of no more tokens than are read at a time", async () => {
  const widths: (readonly number[])[] = [];
  const { hidden } = opened.model;
  const model: OpenModel["model"] = {
    ...opened.model,
    hidden: (ids, ctx) => {
      widths.push(ids.shape);
      return hidden(ids, ctx);
    },
  };
  const read = async (...texts: number[][]) => {
    widths.length = 0;
    await likelihoods({ ...opened, model }, texts, 1);
    return widths;
  };
  const start = [5, 6, 7, 8, 9];
  expect(await read([...start, 1, 2], [...start, 3], start, [...start, 1, 4], start)).toEqual([[1, 9]]);
  expect(await read([5, 6, 7, 1], [8, 9], [5, 6, 7, 2, 3])).toEqual([[1, 8]]);
  const long = Array.from({ length: 30 }, (_, i) => i);
  const many = Array.from({ length: 600 }, (_, i) => [...long, 100 + (i % 200), Math.floor(i / 200)]);
  expect(await read(...many)).toEqual([
    [1, 512],
    [1, 349],
  ]);
});

test("rows of different lengths that are read together are padded with what nothing sees", async () => {
  const choice = { size: "tiny", vocabSize: opened.model.vocabSize, contextLength: 400, dimensions: {} };
  const model = planModel("gpt2", choice).build({ seed: 5 });
  const shapes: (readonly number[])[] = [];
  const hidden: typeof model.hidden = (ids, ctx) => {
    shapes.push(ids.shape);
    return model.hidden(ids, ctx);
  };
  const long: OpenModel = { ...opened, model: { ...model, hidden }, contextLength: 400 };
  const text = (first: number, length: number) => [first, ...Array.from({ length: length - 1 }, (_, i) => i % 200)];
  const texts = [text(1, 200), [...text(1, 150), 9], text(2, 320), text(3, 240)];
  const together = await likelihoods(long, texts, 0);
  expect(shapes).toEqual([
    [1, 320],
    [2, 240],
  ]);
  for (const [i, ids] of texts.entries()) {
    const [alone = []] = await likelihoods(long, [ids], 0);
    expect(together[i]).toHaveLength(ids.length - 1);
    for (const [at, { logprob }] of alone.entries()) expect(together[i]?.[at]?.logprob).toBeCloseTo(logprob, 4);
  }
  for (const parameter of model.params.list()) parameter.dispose();
});

test("of more texts than are read at a time each has its own", async () => {
  const texts = Array.from({ length: 300 }, (_, i) => Array.from({ length: 1 + (i % 32) }, (__, at) => (i + at) % 200));
  const read = await likelihoods(opened, texts, 1);
  expect(read.map((tokens) => tokens.map(({ id }) => id))).toEqual(texts.map((ids) => ids.slice(1)));
});

test("reading ends when nobody wants it any more", async () => {
  const controller = new AbortController();
  controller.abort(new Error("gone"));
  await expect(likelihoods(opened, [[1, 2]], 1, { signal: controller.signal })).rejects.toThrow("gone");
});

test("nothing is written where nothing is wanted, and a prompt is told without tokens of it", async () => {
  const ids = promptTokens(opened, "The lamp");
  const both = await told(opened, [ids, ids], { maxNewTokens: 0, echo: true, steering: { logprobs: 0 } });
  expect(both.sequences.map(({ end }) => end)).toEqual(
    [0, 1].map((sequence) => ({ type: "sequence", sequence, steps: 0, finishReason: "length" })),
  );
  expect(both.echoed[0]?.map(({ id, top }) => [id, top])).toEqual(ids.slice(1).map((id) => [id, []]));
  expect((await told(opened, [ids], { maxNewTokens: 0, echo: true })).echoed).toEqual([]);
});

test("a token that is biased against is not written, and one that is biased for is", async () => {
  const ids = promptTokens(opened, expected.prompt);
  const greedy = { maxNewTokens: 8, temperature: 0, stopOnEos: false } as const;
  const first = (await told(opened, [ids], { ...greedy, steering: { logprobs: 0 } })).sequences[0]?.tokens[0]?.id ?? -1;
  const drawn = async (bias: number, id: number) => {
    const steering = {
      logprobs: 0,
      logitBias: new Map([
        [id, bias],
        [1_000_000, 100],
      ]),
    };
    return (await told(opened, [ids], { ...greedy, steering })).sequences[0]?.tokens.map((token) => token.id) ?? [];
  };
  expect(await drawn(-100, first)).not.toContain(first);
  const other = first === 40 ? 41 : 40;
  expect(await drawn(100, other)).toEqual(Array.from({ length: 8 }, () => other));
});

test("penalties count what was written, once or each time, and not the prompt", async () => {
  const script = [5, 6, 7, 8, 9, 5, 5, 5, 5, 5];
  using model = scriptedModel(opened, script);
  const ids = [1, 5];
  const written = async (steering: object) => {
    const input = { maxNewTokens: 4, temperature: 0, stopOnEos: false, steering: { logprobs: 0, ...steering } };
    return (await told(model, [ids], input)).sequences[0]?.tokens.map(({ id }) => id) ?? [];
  };
  const plain = await written({});
  expect(plain).toHaveLength(4);
  const much = 1e7; // the script's logits are large
  const [first = -1] = plain;
  const liked = await written({ presencePenalty: much, logitBias: new Map([[first, 2 * much]]) });
  expect(liked).toEqual([first, first, first, first]);
  const again = [...new Set(await written({ presencePenalty: much }))];
  expect(again).toHaveLength(4);
  expect(again[0]).toBe(first);
  expect(new Set(await written({ frequencyPenalty: much }))).toHaveLength(4);
});

test("tokens of a stop sequence are no part of what is told; one that ends a text is, last", async () => {
  const text = [...opened.tokenizer.encode(" lamp and more")];
  const prompt = promptTokens(opened, "The");
  const script = [...prompt.slice(1), ...text, ...text];
  using model = scriptedModel(opened, script);
  const input = { maxNewTokens: 12, temperature: 0, steering: { logprobs: 0 } };
  const stopped = (await told(model, [prompt], { ...input, stopSequences: [" and"] })).sequences[0];
  expect([stopped?.text, stopped?.end?.finishReason]).toEqual([" lamp", "stop"]);
  expect(opened.tokenizer.decode(stopped?.tokens.map(({ id }) => id) ?? [])).toBe(" lamp");
  const eos = [...opened.ends][0] ?? -1;
  using ending = scriptedModel(opened, [...prompt.slice(1), ...text.slice(0, 1), eos, eos, eos]);
  const ended = (await told(ending, [prompt], input)).sequences[0];
  expect([ended?.tokens.map(({ id }) => id), ended?.end?.finishReason]).toEqual([[...text.slice(0, 1), eos], "eos"]);
});

test("what is out of range is refused, and so is an empty prompt that nothing can begin", async () => {
  await expect(told(opened, [[1]], { maxNewTokens: 1, temperature: 9 })).rejects.toThrow("temperature");
  expect(promptTokens(opened, "")).toHaveLength(1);
  expect(() => promptTokens({ ...opened, startId: null }, "")).toThrow("the prompt is empty");
});

import type { OpenAiQuestion } from "@trainer/platform";
import { array, assert, asyncProperty, boolean, nat, tuple } from "fast-check";
import { expect, test } from "vitest";
import { OpenAiError } from "../src/errors.js";
import { answerLines, servedElsewhere, type Growing } from "../src/lines.js";
import type { Part, ServedModel } from "../src/served-model.js";

const ENTRY = { id: "m", created: 0, contextLength: null };
const ASKED = { model: "m", prompt: "a" };
const none = new AbortController().signal;

const PARTS: Part<never>[] = ["a\n", "b[1,2,1]", "é\u2028\u2029", ""].map((text, i) => ({
  index: 0,
  text,
  logprobs: null,
  finishReason: i === 3 ? "stop" : null,
  steps: i,
}));

/** A model that answers with these parts, and then fails if it is to. */
function model(parts: readonly Part<never>[], failure?: Error): ServedModel {
  async function* all(): AsyncGenerator<Part<never>> {
    yield* parts;
    if (failure !== undefined) throw failure;
  }
  const writing = async () => ({ promptTokens: 7, parts: all() });
  const info = {
    tokenizer_class: "T",
    eos_token: null,
    bos_token: "b",
    pad_token: null,
    unk_token: null,
    chat_template: null,
  };
  return {
    ...ENTRY,
    complete: writing,
    chat: writing,
    tokenize: async ({ prompt }) => ({ tokens: [prompt.length], count: 1, max_model_len: 8 }),
    detokenize: async ({ tokens }) => ({ prompt: tokens.join() }),
    tokenizerInfo: async () => info,
  };
}

async function linesOf(from: ServedModel, question: OpenAiQuestion = { about: "completion", request: ASKED }) {
  const lines = [];
  for await (const line of answerLines(from, question, none)) lines.push(line);
  return lines.join("");
}

/** What a client reads of an answer that comes so. */
async function read(growing: readonly Growing[]): Promise<Part<unknown>[]> {
  const parts = [];
  async function* ask() {
    yield* growing;
  }
  const writing = await servedElsewhere(ENTRY, ask).complete(ASKED, none);
  expect(writing.promptTokens).toBe(7);
  for await (const part of writing.parts) parts.push(part);
  return parts;
}

const text = (piece: string): Growing => ({ type: "text", sequence: 0, text: piece });

test("an answer comes through whole, however its lines are cut and whatever of them is lost on the way", async () => {
  const lines = await linesOf(model(PARTS));
  await assert(
    asyncProperty(array(tuple(nat(lines.length), boolean())), async (cuts) => {
      const at = [0, ...cuts.map(([cut]) => cut).toSorted((a, b) => a - b), lines.length];
      const pieces = at.slice(1).flatMap((end, i) => (cuts[i]?.[1] === true ? [] : [text(lines.slice(at[i], end))]));
      const growing: Growing[] = [...pieces, { type: "progress", progress: 1 }, { type: "result", result: { lines } }];
      expect(await read([...growing, { type: "done" }])).toEqual(PARTS);
    }),
  );
});

test("a question about a tokenizer is answered by one line", async () => {
  const questions: OpenAiQuestion[] = [];
  const there = servedElsewhere(ENTRY, async function* (question) {
    questions.push(question);
    yield { type: "result", result: { lines: await linesOf(model([]), question) } } as const;
  });
  expect(await there.tokenize({ prompt: "abc" }, none)).toEqual({ tokens: [3], count: 1, max_model_len: 8 });
  expect(await there.detokenize({ tokens: [1, 2] }, none)).toEqual({ prompt: "1,2" });
  expect(await there.tokenizerInfo(none)).toMatchObject({ bos_token: "b" });
  await there.chat({ model: "m", messages: [{ role: "user", content: "a" }] }, none);
  expect(questions.map(({ about }) => about)).toEqual(["tokenize", "detokenize", "tokenizer_info", "chat"]);
});

test("what a model refuses is refused there, also in the middle, and what fails has failed", async () => {
  const refusal = new OpenAiError(400, "too long", { param: "prompt", code: "c" });
  const refused = async (lines: string) => read([{ type: "result", result: { lines } }]);
  const early = { ...model([]), complete: async () => Promise.reject(refusal) };
  await expect(refused(await linesOf(early))).rejects.toMatchObject(refusal);
  await expect(refused(await linesOf(model(PARTS, refusal)))).rejects.toMatchObject({
    status: 400,
    message: "too long",
  });
  await expect(linesOf(model(PARTS, new Error("broken")))).rejects.toThrow("broken");
  await expect(read([{ type: "failed", message: "no worker" }])).rejects.toMatchObject({
    status: 500,
    message: "no worker",
  });
});

test("an answer that ends before its first line has lost its client", async () => {
  const there = servedElsewhere(ENTRY, async function* () {});
  await expect(there.complete(ASKED, none)).rejects.toMatchObject({ status: 499 });
  await expect(there.tokenizerInfo(none)).rejects.toMatchObject({ status: 499 });
});

test("what nobody reads to its end is ended where its client goes", async () => {
  const gone = new AbortController();
  let isEnded = false;
  const lines = await linesOf(model(PARTS));
  const there = servedElsewhere(ENTRY, async function* () {
    try {
      yield text(lines);
      yield text("");
    } finally {
      isEnded = true;
    }
  });
  await there.complete(ASKED, gone.signal);
  gone.abort();
  await expect.poll(() => isEnded).toBe(true);
});

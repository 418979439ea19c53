import { matching, scratchPath } from "@trainer/testing";
import { generate, promptTokens } from "@trainer/training";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveTiny, type Served } from "./serve-tiny.js";

// OpenAI's own client for JavaScript, unchanged.

let served: Served;
let client: OpenAI;
beforeAll(async () => {
  served = await serveTiny(scratchPath("openai-client"));
  client = new OpenAI({ baseURL: `${served.url}/v1`, apiKey: "any", maxRetries: 0 });
});
afterAll(() => served[Symbol.asyncDispose]());

const model = "tiny";
const PROMPT = "The lamp";

test("models are listed and told by their names", async () => {
  const listed = await client.models.list();
  expect(listed.data.map(({ id, object, owned_by }) => [id, object, owned_by])).toEqual([
    ["tiny", "model", "model-trainer"],
    ["chatty", "model", "model-trainer"],
  ]);
  expect(await client.models.retrieve("chatty")).toMatchObject({ id: "chatty", created: 1_700_000_001 });
  await expect(client.models.retrieve("gpt-4")).rejects.toMatchObject({ status: 404, code: "model_not_found" });
});

test("a completion is a text of the model, the same for a seed, with its usage", async () => {
  const asked = { model, prompt: PROMPT, max_tokens: 12, seed: 3 } as const;
  const first = await client.completions.create(asked);
  const [choice] = first.choices;
  expect(first).toMatchObject({ object: "text_completion", model, id: matching(/^cmpl-[0-9a-f]{32}$/) });
  const own = await generate(served.opened, { prompt: PROMPT, maxNewTokens: 12, temperature: 1, topK: 0, seed: 3 });
  const reason = own.finishReasons[0] === "length" ? "length" : "stop";
  expect(choice).toEqual({ index: 0, text: own.outputs[0], logprobs: null, finish_reason: reason });
  const tokens = promptTokens(served.opened, PROMPT).length;
  const { steps } = own;
  expect(first.usage).toEqual({ prompt_tokens: tokens, completion_tokens: steps, total_tokens: tokens + steps });
  expect((await client.completions.create(asked)).choices).toEqual(first.choices);
  const other = await client.completions.create({ ...asked, seed: -4 });
  expect(other.choices[0]?.text).not.toBe(choice?.text);
  const usual = {
    ...asked,
    temperature: 0,
    seed: null,
    max_tokens: null,
    logit_bias: { [served.opened.eosId ?? -1]: -100 },
  };
  expect((await client.completions.create(usual)).usage?.completion_tokens).toBe(16);
});

test("several prompts have several texts each, in order, as texts or as ids", async () => {
  const prompts = [PROMPT, "Who came?", PROMPT];
  const asked = { model, max_tokens: 6, n: 2, seed: 1 } as const;
  const { choices, usage } = await client.completions.create({ ...asked, prompt: prompts });
  expect(choices.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(choices[0]?.text).toBe(choices[4]?.text);
  expect(choices[0]?.text).not.toBe(choices[1]?.text);
  expect(usage?.completion_tokens).toBe(36);
  const ids = prompts.map((prompt) => promptTokens(served.opened, prompt));
  const byIds = await client.completions.create({ ...asked, prompt: ids });
  expect(byIds.choices.map(({ text }) => text)).toEqual(choices.map(({ text }) => text));
  const one = await client.completions.create({ ...asked, prompt: ids[1] ?? [] });
  expect(one.choices.map(({ text }) => text)).toEqual(choices.slice(2, 4).map(({ text }) => text));
});

test("a stream has the same text in pieces, and its usage last", async () => {
  const asked = { model, prompt: [PROMPT, "Who"], max_tokens: 10, seed: 5, n: 2 };
  const whole = await client.completions.create(asked);
  const texts = ["", "", "", ""];
  const ends = new Map<number, string>();
  let usage = null;
  const stream = await client.completions.create({ ...asked, stream: true, stream_options: { include_usage: true } });
  for await (const piece of stream) {
    expect(piece.object).toBe("text_completion");
    for (const { index, text, finish_reason: reason } of piece.choices) {
      texts[index] += text;
      if (reason !== null) ends.set(index, reason);
    }
    usage = piece.usage;
  }
  expect(texts).toEqual(whole.choices.map(({ text }) => text));
  expect([...ends.values()]).toEqual(["length", "length", "length", "length"]);
  expect(usage).toEqual(whole.usage);
});

test("what was expected of tokens is told, of an echoed prompt too, and without a token written", async () => {
  const asked = { model, prompt: PROMPT, temperature: 0, logprobs: 2, echo: true } as const;
  const { choices } = await client.completions.create({ ...asked, max_tokens: 4 });
  const [{ text, logprobs } = { text: "", logprobs: null }] = choices;
  const count = promptTokens(served.opened, PROMPT).length + 4;
  expect(text.startsWith(PROMPT)).toBe(true);
  expect(logprobs?.tokens?.slice(0, -4).join("")).toBe(PROMPT);
  for (const list of [logprobs?.tokens, logprobs?.token_logprobs, logprobs?.top_logprobs, logprobs?.text_offset])
    expect(list).toHaveLength(count);
  expect(logprobs?.token_logprobs?.[0]).toBeNull();
  const places = logprobs?.text_offset?.slice(0, -4) ?? [];
  expect(places.map((at, i) => text.startsWith(logprobs?.tokens?.[i] ?? "-", at))).not.toContain(false);
  const likeliest = logprobs?.top_logprobs?.slice(-4).map((top) => Math.max(...Object.values(top)));
  expect(logprobs?.token_logprobs?.slice(-4)).toEqual(likeliest); // they are greedy
  const none = await client.completions.create({ ...asked, max_tokens: 0 });
  expect([none.choices[0]?.text, none.usage?.completion_tokens]).toEqual([PROMPT, 0]);
  const plain = await client.completions.create({
    model,
    prompt: PROMPT,
    temperature: 0,
    echo: true,
    max_tokens: 4,
    n: 2,
  });
  expect(plain.choices.map((choice) => choice.text)).toEqual([text, text]);
  const streamed = await client.completions.create({ ...asked, max_tokens: 4, stream: true });
  const tokens: string[] = [];
  for await (const piece of streamed) tokens.push(...(piece.choices[0]?.logprobs?.tokens ?? []));
  expect(tokens).toEqual(logprobs?.tokens);
});

test("a text ends at a stop, and goes where it is biased to", async () => {
  const asked = { model, prompt: PROMPT, temperature: 0, max_tokens: 20 } as const;
  const whole = (await client.completions.create(asked)).choices[0]?.text ?? "";
  const stop = whole.slice(3, 6);
  const stopped = (await client.completions.create({ ...asked, stop: [stop, ""] })).choices[0];
  expect([stopped?.text, stopped?.finish_reason]).toEqual([whole.slice(0, whole.indexOf(stop)), "stop"]);
  const biased = await client.completions.create({ ...asked, logit_bias: { "40": 100 }, max_tokens: 3 });
  expect(biased.choices[0]?.text).toBe(served.opened.tokenizer.decode([40, 40, 40]));
  const free = await client.completions.create({ ...asked, presence_penalty: 2, frequency_penalty: 2 });
  expect(free.choices[0]?.text).not.toBe(undefined);
});

test("a conversation is answered by the model's template, whole and in pieces", async () => {
  const messages = [
    { role: "developer", content: "Now" },
    {
      role: "user",
      content: [
        { type: "text", text: "Who " },
        { type: "text", text: "came?" },
      ],
    },
  ] satisfies OpenAI.ChatCompletionMessageParam[];
  const asked = { model: "chatty", messages, max_completion_tokens: 8, seed: 1, n: 2 };
  const whole = await client.chat.completions.create({ ...asked, logprobs: true, top_logprobs: 2 });
  expect(whole).toMatchObject({ object: "chat.completion", id: matching(/^chatcmpl-/) });
  const prompt = "s:Now\nu:Who came?\na:";
  expect(whole.usage?.prompt_tokens).toBe(served.opened.tokenizer.encode(prompt).length);
  const own = await generate(served.opened, { prompt, maxNewTokens: 8, topK: 0, seed: 1, numReturnSequences: 2 });
  expect(whole.choices.map(({ message }) => message.content)).toEqual(own.outputs.map((text) => text.trimEnd()));
  const content = whole.choices[0]?.logprobs?.content ?? [];
  expect(content).toHaveLength(own.stepsPerSequence[0] ?? -1);
  expect(new TextDecoder().decode(Uint8Array.from(content.flatMap(({ bytes }) => bytes ?? [])))).toBe(own.outputs[0]);
  expect(content[0]?.top_logprobs).toHaveLength(2);
  const texts = ["", ""];
  const roles: unknown[] = [];
  for await (const piece of await client.chat.completions.create({ ...asked, stream: true })) {
    expect(piece.usage).toBeUndefined();
    for (const { index, delta } of piece.choices) {
      texts[index] += delta.content ?? "";
      if (delta.role !== undefined) roles.push(delta.role);
    }
  }
  expect([texts, roles]).toEqual([own.outputs, ["assistant", "assistant"]]);
});

test("a model without a template is asked in lines, and its answer begins at its first word", async () => {
  const asked = { model, messages: [{ role: "user", content: "Who?" }], max_tokens: 8, seed: 2 } as const;
  const { choices } = await client.chat.completions.create({ ...asked, messages: [...asked.messages] });
  const prompt = "User: Who?\nAssistant:";
  const own = await generate(served.opened, { prompt, maxNewTokens: 8, topK: 0, seed: 2, stopSequences: ["\nUser:"] });
  expect(choices[0]?.message.content).toBe(own.outputs[0]?.trim());
  let text = "";
  const stream = await client.chat.completions.create({ ...asked, messages: [...asked.messages], stream: true });
  for await (const piece of stream) text += piece.choices[0]?.delta.content ?? "";
  expect(text).toBe(own.outputs[0]?.trimStart());
  const long = await client.chat.completions.create({
    model,
    messages: [...asked.messages],
    stop: "e",
    logprobs: true,
  });
  for (const { top_logprobs } of long.choices[0]?.logprobs?.content ?? []) expect(top_logprobs).toEqual([]);
  expect(long.choices[0]?.message.content).not.toContain("e");
});

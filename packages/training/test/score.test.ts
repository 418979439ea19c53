import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { near } from "@trainer/testing";
import { memoryStats } from "@trainer/torch";
import { afterAll, beforeAll, expect, test } from "vitest";
import { temporaryFolder } from "../src/home/temporary-folder.js";
import type { OpenModel } from "../src/inference/open-model.js";
import { generate } from "../src/inference/generate.js";
import { perplexityScorer } from "../src/inference/perplexity-scorer.js";
import { score } from "../src/inference/score.js";
import { containing, expected, openTinyGpt2 } from "./fixture.js";
import { scriptedModel } from "./scripted-model.js";

let opened: OpenModel;
beforeAll(async () => {
  opened = await openTinyGpt2();
});
afterAll(() => opened[Symbol.dispose]());

function expectClose(actual: readonly number[] | null, wanted: readonly number[], tolerance: number) {
  expect(actual).toHaveLength(wanted.length);
  const differences = (actual ?? []).map((value, i) => Math.abs(value - (wanted[i] ?? Number.NaN)));
  expect(Math.max(...differences)).toBeLessThan(tolerance);
}

test("loss and surprisal are what transformers computes", async () => {
  const scored = await score(opened, { text: expected.prompt, detailLevel: "per_char" });
  expect(scored.loss).toBeCloseTo(expected.loss, 5);
  expect(scored.perplexity).toBeCloseTo(Math.exp(expected.loss), 1);
  expectClose(scored.surprisal, expected.surprisal, 1e-4);
  expect(scored.tokens?.join("")).toBe(expected.prompt);
  expect(scored.topk).toBeNull();
});

test("a document's perplexity is that of its first tokens, as many as the model reads at once", async () => {
  const perplexity = perplexityScorer(opened);
  const { perplexity: whole } = await score(opened, { text: expected.prompt });
  expect(await perplexity(expected.prompt)).toBeCloseTo(Number(whole), 3);
  const long = `${expected.prompt} `.repeat(200);
  const ids = opened.tokenizer.encode(long).slice(0, opened.contextLength + 1);
  const start = await score(opened, { text: opened.tokenizer.decode(ids), stride: opened.contextLength });
  expect(await perplexity(long)).toBeCloseTo(Number(start.perplexity), 2);
  expect([await perplexity("a"), await perplexity("")]).toEqual([null, null]);
});

test("a summary has the loss alone", async () => {
  const { loss, ...rest } = await score(opened, { text: expected.prompt });
  expect(loss).toBeCloseTo(expected.loss, 5);
  const detail = { surprisal: null, topk: null, tokens: null, offsets: null, perCharacter: null };
  const about = { reason: null, begin: [], end: [], fidelity: { unknownCharacters: 0, exact: true } };
  expect(rest).toEqual({ perplexity: Math.exp(Number(loss)), ...detail, ...about });
});

test("the likeliest next tokens are those of transformers, after every token, the last too", async () => {
  const { topk } = await score(opened, { text: expected.prompt, topK: 3 });
  expect(topk?.map((row) => row.map(([token]) => token))).toEqual(
    expected.topk.map((row) => row.map(([token]) => token)),
  );
  expectClose(
    topk?.flat().map(([, p]) => p) ?? null,
    expected.topk.flat().map(([, p]) => p),
    1e-5,
  );
  const all = await score(opened, { text: "ab", topK: 100_000 });
  expect(all.topk?.map((row) => row.length)).toEqual([opened.model.vocabSize, opened.model.vocabSize]);
  const { tokenizer } = opened;
  const specials = Array.from({ length: tokenizer.vocabSize }, (_, id) => id).filter((id) => tokenizer.isSpecial(id));
  for (const row of all.topk ?? []) {
    expect(row.filter(([token]) => token === "")).toHaveLength(specials.length); // in a text they are nothing
    expect(row.reduce((sum, [, probability]) => sum + probability, 0)).toBeCloseTo(1, 5);
  }
});

test("a text longer than the context is scored to its end, each token once, from at least half a context", async () => {
  const scored = await score(opened, { text: expected.long_text, detailLevel: "per_char", topK: 1 });
  expectClose(scored.surprisal, expected.long_surprisal, 1e-4);
  expect(scored.topk).toHaveLength(expected.long_ids.length);
  expect(scored.tokens).toHaveLength(expected.long_ids.length);
});

test("a last token that begins a window of its own has successors and no loss", async () => {
  const text = opened.tokenizer.decode(expected.long_ids.slice(0, opened.contextLength + 1));
  const scored = await score(opened, { text, detailLevel: "per_char", topK: 2 });
  expectClose(scored.surprisal, expected.long_surprisal.slice(0, opened.contextLength), 1e-4);
  expect(scored.topk).toHaveLength(opened.contextLength + 1);
});

test("each character has its surprisal, and together they have that of the tokens", async () => {
  const { perCharacter, surprisal } = await score(opened, { text: expected.long_text, detailLevel: "per_char" });
  expect(perCharacter?.map(({ character }) => character).join("")).toBe(expected.long_text);
  const total = (values: readonly (number | null)[] = []) => values.reduce((a: number, b) => a + (b ?? 0), 0);
  expect(total(perCharacter?.map(({ bits }) => bits))).toBeCloseTo(total(surprisal ?? []), 6);
  expect(perCharacter?.[0]?.bits).toBeNull();
});

test("where something stands before a text its first character is foreseen too, and each has the bits of its own tokens", async () => {
  const text = "The lamp";
  const framed = await score(opened, { text, bos: "yes", detailLevel: "per_char" });
  const { surprisal, tokens } = framed;
  expect(tokens?.[0]).toBe(""); // the begin token has no text
  expect(surprisal).toHaveLength((tokens?.length ?? 0) - 1);
  const wanted = (tokens ?? []).slice(1).flatMap((token, i) => {
    const characters = Array.from(token);
    return characters.map((character) => ({ character, bits: near((surprisal?.[i] ?? NaN) / characters.length, 9) }));
  });
  expect(framed.perCharacter).toEqual(wanted);
});

test("a smaller stride gives the same tokens more context", async () => {
  const surprisal = async (stride: number | null) => {
    const scored = await score(opened, { text: expected.long_text, detailLevel: "per_char", stride });
    return scored.surprisal ?? [];
  };
  const [half, one, whole] = [await surprisal(null), await surprisal(1), await surprisal(opened.contextLength)];
  const context = opened.contextLength;
  expect([one.length, whole.length]).toEqual([half.length, half.length]);
  expectClose(one.slice(0, context), whole.slice(0, context), 1e-4); // the first window is the same
  expect(one.slice(context)).not.toEqual(whole.slice(context));
});

test("of fewer than two tokens there is no loss, and the reason is said", async () => {
  const figures = { loss: null, perplexity: null, surprisal: null, topk: null, tokens: null, perCharacter: null };
  const none = await score(opened, { text: "", detailLevel: "per_char", topK: 3 });
  expect(none).toMatchObject({ ...figures, reason: containing("the text has no token") });
  const one = await score(opened, { text: "T" });
  expect(one).toMatchObject({ ...figures, reason: containing("the text has one token") });
  expect((await score(opened, { text: "T", bos: "yes" })).loss).toBeGreaterThan(0); // there is one to foresee it from
});

test("a file is scored like its text", async () => {
  await using temporary = await temporaryFolder();
  const path = join(temporary.path, "text.txt");
  await writeFile(path, expected.prompt);
  expect((await score(opened, { path })).loss).toBeCloseTo(expected.loss, 5);
});

test("special tokens that a text spells are let through where that is asked for, and still are the text", async () => {
  const text = "The[EOS]lamp";
  const [asText, asTokens] = [
    await score(opened, { text, detailLevel: "per_char" }),
    await score(opened, { text, detailLevel: "per_char", specialTokens: true }),
  ];
  expect([asText.fidelity, asTokens.fidelity]).toEqual([
    { unknownCharacters: 0, exact: true },
    { unknownCharacters: 0, exact: true },
  ]);
  expect(asTokens.tokens?.length).toBeLessThan(asText.tokens?.length ?? 0);
  expect(asTokens.tokens).toContain("[EOS]");
  expect([asText.tokens?.join(""), asTokens.tokens?.join("")]).toEqual([text, text]);
});

test("there must be one of text and path, and a path must lead to a file", async () => {
  const refusal = { code: "INVALID_INPUT", failureClass: "USER_INPUT" };
  await expect(score(opened, {})).rejects.toMatchObject({
    ...refusal,
    message: "either text or path must be provided",
  });
  await expect(score(opened, { text: "a", path: "b" })).rejects.toMatchObject({
    ...refusal,
    message: "text and path are mutually exclusive",
  });
  await expect(score(opened, { text: "a", topK: 0 })).rejects.toMatchObject({ code: "INVALID_INPUT" });
  await expect(score(opened, { path: "no/such/file.txt" })).rejects.toMatchObject({ code: "CORPUS_NOT_FOUND" });
});

test("a list of successors that memory could not hold is refused before any is made, with how many there may be", async () => {
  const { vocabSize } = opened.tokenizer;
  const text = expected.long_text.repeat(Math.ceil((1 << 23) / vocabSize / expected.long_ids.length) + 1);
  await expect(score(opened, { text, topK: 1_000_000 })).rejects.toMatchObject({
    code: "INVALID_INPUT",
    failureClass: "USER_INPUT",
    message: containing(new RegExp(`^the ${vocabSize} likeliest after each of \\d+ tokens are .* at most 8388608 are`)),
  });
});

test("nothing of a scoring stays in native memory", async () => {
  const before = memoryStats().liveTensors;
  await score(opened, { text: expected.long_text, topK: 2 });
  expect(memoryStats().liveTensors).toBe(before);
});

test("an aborted scoring stops", async () => {
  await expect(score(opened, { text: "some text" }, AbortSignal.abort())).rejects.toMatchObject({ name: "AbortError" });
});

test("rows that the model has beyond the tokenizer's ids are never listed, and keep their probability", async () => {
  const ids = [...opened.tokenizer.encode("The lamp")];
  using padded = scriptedModel(opened, [...ids.slice(1), 325, 330], 40); // its likeliest last token is none
  const { topk, surprisal } = await score(padded, { text: "The lamp", topK: 10_000, detailLevel: "per_char" });
  const { vocabSize } = opened.tokenizer;
  expect(topk?.map((row) => row.length)).toEqual(ids.map(() => vocabSize));
  const [first = [], last = []] = [topk?.[0], topk?.at(-1)];
  expect(first[0]?.[0]).toBe(opened.tokenizer.decode(ids.slice(1, 2)));
  expect(-Math.log2(first[0]?.[1] ?? 0)).toBeCloseTo(surprisal?.[0] ?? NaN, 5);
  expect(last.reduce((sum, [, p]) => sum + p, 0)).toBeLessThan(0.95); // some of it is that of the other rows
});

test("ids that stand for no token are neither listed nor written", async () => {
  const ids = [...opened.tokenizer.encode("The lamp")];
  const absent = ids.slice(1, 2);
  using holed = { ...scriptedModel(opened, [...ids.slice(1), ...ids]), absent };
  const { topk } = await score(holed, { text: "The lamp", topK: 10_000 });
  expect(topk?.map((row) => row.length)).toEqual(ids.map(() => opened.tokenizer.vocabSize - 1));
  const one = await score(holed, { text: "The lamp", topK: 1 });
  expect(one.topk).toEqual(topk?.map((row) => row.slice(0, 1)));
  expect(one.topk?.[0]?.[0]?.[0]).not.toBe(opened.tokenizer.decode(absent)); // which the model holds likeliest
  const prompt = opened.tokenizer.decode(ids.slice(0, 1));
  const written = await generate(holed, { prompt, temperature: 0, maxNewTokens: 1 });
  expect(written.outputs).not.toEqual([opened.tokenizer.decode(absent)]);
});

import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath, writeCorpus } from "@trainer/testing";
import { loadTokenizer, trainBpe } from "@trainer/tokenizers";
import { openCorpus, parseTrainOptions, planSplit, type RunEvent } from "@trainer/training";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readChatTemplate } from "../src/conversation/chat-template.js";
import { prepareTokenizer } from "../src/run/prepare-tokenizer.js";
import { tokenizerShare, trainingProgress } from "../src/tokenizer/training-progress.js";
import { vocabSizeFor } from "../src/options/vocab-size.js";
import { writeTokenizerFiles } from "../src/model/tokenizer-files.js";

let home = "";
beforeEach(() => (home = scratchPath("tokenizer")));
afterEach(() => rmSync(home, { recursive: true }));

async function prepare(options: object, emit: (event: RunEvent) => void = () => {}, more = "") {
  const path = join(home, "corpus.txt");
  if (!existsSync(path)) appendFileSync(writeCorpus(path), more);
  const corpus = await openCorpus(path, { document: "line" });
  const parsed = parseTrainOptions({ corpus: path, holdoutFraction: 0.2, testSplitRatio: 0.2, ...options });
  const plan = () => planSplit(corpus, parsed);
  return prepareTokenizer({ options: parsed, home, corpus, plan, pretrained: null, emit, signal: undefined });
}

test("a tokenizer is trained with progress, and lies whole in the home", async () => {
  const events: RunEvent[] = [];
  const { id, tokenizer } = await prepare({}, (e) => events.push(e));
  expect(id).toMatch(/^bpe-1024-[0-9a-f]{12}$/);
  expect(readdirSync(join(home, "tokenizers"))).toEqual([id]);
  expect(readdirSync(join(home, "tokenizers", id)).toSorted()).toEqual(["manifest.json", "tokenizer.json"]);
  const progress = events.flatMap((e) => (e.type === "tokenizer" ? [e.progress] : []));
  expect(Math.min(...progress)).toBeGreaterThanOrEqual(0);
  expect(progress.at(-1)).toBe(1);
  expect(events.at(-1)).toEqual({
    type: "tokenizer",
    phase: "ready",
    progress: 1,
    tokenizerId: id,
    vocabSize: tokenizer.vocabSize,
  });
});

test("a model that reads characters gets a tokenizer of characters, unless another is asked for", async () => {
  expect((await prepare({ modelFamily: "char_lstm", modelSize: "tiny" })).id).toMatch(/^char-[0-9a-f]{12}$/);
  expect((await prepare({ modelFamily: "char_lstm", modelSize: "tiny", tokenizerMethod: "bpe" })).id).toMatch(/^bpe-/);
  expect(() => parseTrainOptions({ corpus: "a", tokenizerMethod: "letters" })).toThrow(
    /no tokenizer "letters"; there are: bpe/,
  );
});

test("lines that a tokenizer cannot learn from are told of in a warning", async () => {
  const events: RunEvent[] = [];
  const options = { tokenizerMethod: "sentencepiece", vocabSize: 120, holdoutFraction: 0, testSplitRatio: 0 };
  await prepare(options, (e) => events.push(e), "my lord hath a \u2585 rose\n");
  const warnings = events.flatMap((e) => (e.type === "warning" ? [e.message] : []));
  expect(warnings).toEqual([expect.stringMatching(/did not learn from 1 lines .*with the character U\+2585/)]);
});

test("progress is a share of the phase, and never more than all of it", () => {
  const at = { bytes: 50, totalBytes: null, merges: 30, totalMerges: 40 };
  expect(trainingProgress({ phase: "count", ...at }, 200)).toBe(0.25);
  expect(trainingProgress({ phase: "count", ...at }, 20)).toBe(1);
  expect(trainingProgress({ phase: "merge", ...at }, 200)).toBe(0.75);
  const [bpe, char] = [{ leastVocabSize: 260 }, { leastVocabSize: null }];
  expect(tokenizerShare({ phase: "count", ...at }, 200, bpe)).toBe(0.125);
  expect(tokenizerShare({ phase: "merge", ...at }, 200, bpe)).toBe(0.875);
  expect(tokenizerShare({ phase: "count", ...at }, 200, char)).toBe(0.25);
});

test("two runs that train the same one at once end with one", async () => {
  const [a, b] = await Promise.all([prepare({ threads: 1 }), prepare({ threads: 1 })]);
  expect(a.id).toBe(b.id);
  expect(readdirSync(join(home, "tokenizers"))).toEqual([a.id]);
});

test("a text that changes while a tokenizer is trained on it gives none: it would go by the name of another", async () => {
  const emit = () => appendFileSync(join(home, "corpus.txt"), "one more\n");
  await expect(prepare({}, emit)).rejects.toThrow(/corpus\.txt changed while it was being read/);
  expect(existsSync(join(home, "tokenizers"))).toBe(false);
});

test("what is held back from training is held back from its tokenizer: other splits make others", async () => {
  const [a, b] = [await prepare({ seed: 1 }), await prepare({ seed: 2 })];
  expect(a.id).not.toBe(b.id);
  expect((await prepare({ seed: 1, dedup: "exact" })).id).not.toBe(a.id);
  expect((await prepare({ seed: 1, dedup: "none" })).id).toBe(a.id);
});

test("a tokenizer that cannot be saved leaves nothing half-made", async () => {
  writeFileSync(join(home, "tokenizers"), "in the way");
  await expect(prepare({})).rejects.toThrow("EEXIST");
  rmSync(join(home, "tokenizers"));
  const { id } = await prepare({});
  rmSync(join(home, "tokenizers", id), { recursive: true });
  writeFileSync(join(home, "tokenizers", id), "in the way");
  await expect(prepare({})).rejects.toThrow("ENOTDIR");
  expect(readdirSync(join(home, "tokenizers"))).toEqual([id]);
});

test("a larger corpus gets a larger vocabulary", () => {
  const sizes = [1, 1 << 20, 10 << 20, 100 << 20, 2 ** 40].map(vocabSizeFor);
  expect(sizes).toEqual([1024, 4096, 8192, 16384, 32768]);
});

test("beside a model, special tokens are named as transformers reads them, and only those there are", async () => {
  const tokenizer = await trainBpe({ texts: ["a b c"], vocabSize: 270, specials: ["[PAD]", "[EOS]"] });
  await writeTokenizerFiles(home, tokenizer, 32);
  const json = (name: string): unknown => JSON.parse(readFileSync(join(home, name), "utf8"));
  expect(json("special_tokens_map.json")).toEqual({ eos_token: "[EOS]", pad_token: "[PAD]" });
  expect(json("tokenizer_config.json")).toMatchObject({
    tokenizer_class: "PreTrainedTokenizerFast",
    model_max_length: 32,
  });
});

test("beside a model, what came with the tokenizer stays: its chat template, unless that is no JSON", async () => {
  const source = join(home, "source");
  const to = join(home, "model");
  await (await trainBpe({ texts: ["a b c"], vocabSize: 270 })).save(source);
  const config = async (text: string): Promise<unknown> => {
    writeFileSync(join(source, "tokenizer_config.json"), text);
    await writeTokenizerFiles(to, await loadTokenizer(source), 32);
    return JSON.parse(readFileSync(join(to, "tokenizer_config.json"), "utf8"));
  };
  const kept = { chat_template: "{{ x }}", model_max_length: 32, pad_token: "[PAD]" };
  expect(await config('{"chat_template": "{{ x }}", "model_max_length": 9}')).toMatchObject(kept);
  expect(await config("no JSON")).not.toHaveProperty("chat_template");
  await writeTokenizerFiles(to, await loadTokenizer(source), 32, "{{ y }}");
  expect(await readChatTemplate(to)).toBe("{{ y }}");
  writeFileSync(join(source, "chat_template.jinja"), "{{ z }}");
  await writeTokenizerFiles(to, await loadTokenizer(source), 32, "{{ y }}");
  expect(await readChatTemplate(to)).toBe("{{ z }}");
  expect(readFileSync(join(to, "tokenizer_config.json"), "utf8")).not.toContain("{{ y }}");
});

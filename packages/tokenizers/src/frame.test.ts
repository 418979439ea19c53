import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { fixturePath } from "../test/fixture.js";
import { scratch } from "@trainer/testing";
import { loadTokenizer } from "./load.js";
import { trainSentencePiece } from "./train-sentencepiece.js";

const byteLevel = { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true };
const special = (name: string) => ({ SpecialToken: { id: name, type_id: 0 } });
const text = { Sequence: { id: "A", type_id: 0 } };
const tokens = (ids: Record<string, readonly number[]>) =>
  Object.fromEntries(Object.entries(ids).map(([id, of]) => [id, { id, ids: of, tokens: of.map(String) }]));
const template = (single: readonly object[], ids: Record<string, readonly number[]> = { "<s>": [2], "</s>": [3] }) => ({
  type: "TemplateProcessing",
  single,
  pair: [],
  special_tokens: tokens(ids),
});
const VOCAB = (await loadTokenizer(fixturePath("gpt2.json"))).vocabSize;
const sequence = (...processors: readonly object[]) => ({ type: "Sequence", processors });

/** A fixture's tokenizer with another post_processor, and a tokenizer_config.json beside it. */
async function loaded(post_processor: unknown, config: object | null = null, name = "gpt2.json") {
  await using folder = await scratch();
  const file = z.looseObject({}).parse(JSON.parse(readFileSync(fixturePath(name), "utf8")));
  if (config !== null) await folder.write("tokenizer_config.json", JSON.stringify(config));
  return await loadTokenizer(await folder.write("tokenizer.json", JSON.stringify({ ...file, post_processor })));
}

test.each<[string, unknown, number[], number[]]>([
  ["none", null, [], []],
  ["ByteLevel", byteLevel, [], []],
  ["a template with a begin", template([special("<s>"), text]), [2], []],
  ["a template with an end", template([text, special("</s>")]), [], [3]],
  ["a template with two ends", template([text, special("</s>"), special("<s>")]), [], [3, 2]],
  ["a template of the text alone", template([text]), [], []],
  [
    "a template with several tokens, one of them of two ids",
    template([special("<s>"), special("</s>"), text, special("</s>")], { "<s>": [2, 5], "</s>": [3] }),
    [2, 5, 3],
    [3],
  ],
  ["RoBERTa's", { type: "RobertaProcessing", cls: ["<s>", 2], sep: ["</s>", 3], trim_offsets: true }, [2], [3]],
  ["BERT's", { type: "BertProcessing", cls: ["[CLS]", 2], sep: ["[SEP]", 3] }, [2], [3]],
  ["a sequence, as Llama 3 has it", sequence(byteLevel, template([special("<s>"), text])), [2], []],
  [
    "a sequence of two that both add, the later outside",
    sequence(template([special("<s>"), text, special("<s>")]), template([special("</s>"), text, special("</s>")])),
    [3, 2],
    [2, 3],
  ],
  ["a sequence within one", sequence(sequence(template([special("<s>"), text])), byteLevel), [2], []],
])("what stands around a text is that of the post_processor: %s", async (_, post, before, after) => {
  for (const name of ["gpt2.json", "pieces-llama2.json"]) {
    const tokenizer = await loaded(post, null, name);
    expect(tokenizer.frame).toEqual({ before, after });
    expect([...tokenizer.encode("a b")]).toEqual([...(await loaded(null, null, name)).encode("a b")]);
  }
});

test.each<[string, object, RegExp]>([
  ["a token that is not listed", template([special("<x>"), text]), /has no "<x>"/],
  ["no text", template([special("<s>")]), /the text 0 times/],
  ["the text twice", template([text, text]), /the text 2 times/],
  ["the second text in its place", template([{ Sequence: { id: "B", type_id: 0 } }]), /once, as A/],
  ["a piece of another kind", template([{ Other: {} }, text]), /TemplateProcessing: /],
  ["an id beyond the vocabulary", template([special("<s>"), text], { "<s>": [1_000_000] }), /token 1000000/],
  ["the id that would come after the last", template([special("<s>"), text], { "<s>": [VOCAB] }), /token \d+, which/],
  ["such an id after the text", template([text, special("<s>")], { "<s>": [VOCAB] }), /token \d+, which/],
  ["RoBERTa's without its tokens", { type: "RobertaProcessing" }, /RobertaProcessing: /],
  ["another kind", { type: "New" }, /the post_processor "New"/],
  ["another kind in a sequence", sequence(byteLevel, { type: "New" }), /the post_processor "New"/],
  ["a sequence without steps", { type: "Sequence" }, /without "processors"/],
])("a post_processor that is broken or unknown is refused: %s", async (_, post, why) => {
  await expect(loaded(post)).rejects.toMatchObject({
    code: "TOKENIZER_LOAD_FAILED",
    message: matching(why),
  });
});

/** The same without its `any`. */
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);

const both = { add_bos_token: true, add_eos_token: true, bos_token: "[BOS]", eos_token: "[EOS]" };

test("where the file does not say, a tokenizer_config.json may", async () => {
  const { bos, eos } = (await loaded(null)).specials;
  expect((await loaded(null, both)).frame).toEqual({ before: [bos], after: [eos] });
  expect((await loaded(byteLevel, { ...both, add_eos_token: false })).frame).toEqual({ before: [bos], after: [] });
  expect((await loaded(null, { ...both, bos_token: "no such", add_eos_token: "yes" })).frame).toEqual({
    before: [],
    after: [],
  });
  const own = template([special("<s>"), text]);
  expect((await loaded(own, both)).frame).toEqual({ before: [2], after: [] }); // as transformers reads both
  expect((await loaded(own, { add_bos_token: false })).frame).toEqual({ before: [2], after: [] });
});

test("a SentencePiece model has what the file beside it says, and keeps that file", async () => {
  await using folder = await scratch();
  const model = await trainSentencePiece({ files: [fixturePath("prose.txt")], vocabSize: 400, byteFallback: true });
  expect(model.frame).toEqual({ before: [], after: [] });
  await model.save(folder.path);
  await folder.write("tokenizer_config.json", JSON.stringify({ add_bos_token: true }));
  const loadedModel = await loadTokenizer(folder.path);
  expect(loadedModel.frame).toEqual({ before: [model.specials.bos], after: [] });
  await using other = await scratch();
  await loadedModel.save(other.path);
  expect((await loadTokenizer(join(other.path, "tokenizer.model"))).frame).toEqual(loadedModel.frame);
});

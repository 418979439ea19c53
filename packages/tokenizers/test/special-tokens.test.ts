import { expect, test } from "vitest";
import { loadTokenizer } from "../src/load.js";
import { trainBpe } from "../src/train-bpe.js";
import { trainSentencePiece } from "../src/train-sentencepiece.js";
import type { Tokenizer } from "../src/tokenizer.js";
import { fixturePath } from "./fixture.js";
import { scratch } from "@trainer/testing";

const letThrough = { specialTokens: true };
const tokensOf = (tokenizer: Tokenizer, text: string, options = {}) =>
  Array.from(tokenizer.encode(text, options), (id) => tokenizer.token(id));

async function load(file: object, config?: object): Promise<Tokenizer> {
  await using folder = await scratch();
  if (config !== undefined) await folder.write("tokenizer_config.json", JSON.stringify(config));
  return await loadTokenizer(await folder.write("tokenizer.json", JSON.stringify(file)));
}

const added = (id: number, content: string, more: object = {}) => ({
  id,
  content,
  special: true,
  normalized: false,
  ...more,
});
const letters = Object.fromEntries(Array.from("</s>ab", (char, id) => [char, id]));
const byteLevel = { type: "ByteLevel", add_prefix_space: false };
const unigram = (pieces: readonly string[]) => ({
  type: "Unigram",
  unk_id: 0,
  vocab: ["<unk>", ...Array.from("</s>ab"), ...pieces].map((piece) => [piece, piece.length > 1 ? 0 : -2]),
});

test("a piece that is a special token comes of no text, whatever its score", async () => {
  const tokenizer = await load({ added_tokens: [added(7, "</s>")], model: unigram(["</s>", "ab"]) });
  expect(tokensOf(tokenizer, "ab</s>")).toEqual(["ab", "<", "/", "s", ">"]);
  expect(tokensOf(tokenizer, "<unk>").join("")).not.toBe("<unk>");
  expect(tokensOf(tokenizer, "ab</s>", letThrough)).toEqual(["ab", "</s>"]);
});

test("merges and whole words that are a special token are not made of text", async () => {
  const model = { vocab: { ...letters, "</": 6, "s>": 7, "</s>": 8 }, merges: ["< /", "s >", "</ s>"] };
  for (const ignore_merges of [false, true]) {
    for (const kind of [{ pre_tokenizer: byteLevel }, { pre_tokenizer: { type: "WhitespaceSplit" } }]) {
      const tokenizer = await load({ ...kind, added_tokens: [added(8, "</s>")], model: { ...model, ignore_merges } });
      expect([...tokenizer.encode("</s>")]).not.toContain(8);
      expect([...tokenizer.encode("</s>", letThrough)]).toEqual([8]);
    }
  }
});

test("a byte that is also a special token is still that byte", async () => {
  const tokenizer = await load({
    pre_tokenizer: byteLevel,
    added_tokens: [added(4, "a")],
    model: { vocab: letters, merges: [], ignore_merges: true },
  });
  expect(tokensOf(tokenizer, "ab")).toEqual(["a", "b"]);
});

test("what begins and ends texts is special even where the file does not mark it so", async () => {
  const config = { eos_token: "</s>" };
  const files = [
    { pre_tokenizer: byteLevel, model: { vocab: { ...letters, "</s>": 6 }, merges: [] } },
    { added_tokens: [added(7, "</s>", { special: false })], model: unigram(["</s>"]) },
    { model: unigram(["</s>"]) },
  ];
  for (const file of files) {
    const tokenizer = await load(file, config);
    const eos = tokenizer.specials.eos ?? -1;
    expect(tokenizer.isSpecial(eos)).toBe(true);
    expect(tokenizer.encode("a</s>b")).not.toContain(eos);
    expect(tokensOf(tokenizer, "a</s>b", letThrough)).toEqual(["a", "</s>", "b"]);
  }
});

test("it is special once, as its file lists it", async () => {
  const model = unigram(["</s>", " "]);
  const listed = added(7, "</s>", { special: false, normalized: true, lstrip: true });
  const taking = await load({ added_tokens: [listed], model }, { eos_token: "</s>" });
  const { offsets } = taking.encodeWithOffsets("a </s>b", letThrough);
  expect([...offsets]).toEqual([0, 1, 1, 6, 6, 7]); // with the space that it takes
});

test("one that its file does not list as an added token is found as it is spelled, and takes no space", async () => {
  const model = unigram(["</s>", " "]);
  const file = { normalizer: { type: "Lowercase" }, added_tokens: [added(9, "<x>")], model };
  const tokenizer = await load(file, { eos_token: "</s>" });
  expect(tokenizer.isSpecial(7)).toBe(true);
  expect(tokensOf(tokenizer, "a </s> b</s>", letThrough)).toEqual(["a", " ", "</s>", " ", "b", "</s>"]);
  expect(tokensOf(tokenizer, "a</S>b", letThrough)).toEqual(["a", "<", "/", "s", ">", "b"]);
  expect(tokensOf(tokenizer, "<x><X>", letThrough)).toEqual(["<x>", "<", "<unk>", ">"]); // nor is one that it lists
});

test("a role that no token plays is spelled by no text", async () => {
  const vocab = { ...Object.fromEntries(Array.from("undefi", (char, id) => [char, id])), "</s>": 6 };
  const tokenizer = await load({ pre_tokenizer: byteLevel, model: { vocab, merges: [] } }, { eos_token: "</s>" });
  expect(tokenizer.specials).toEqual({ pad: null, unk: null, bos: null, eos: 6 });
  expect(tokensOf(tokenizer, "undefined", letThrough).join("")).toBe("undefined");
  expect(tokenizer.encode("undefined", letThrough)).toHaveLength(9);
});

test("a single character that ends texts stays text where its file does not call it special", async () => {
  const tokenizer = await load({ pre_tokenizer: byteLevel, model: { vocab: letters, merges: [] } }, { eos_token: "a" });
  expect(tokenizer.specials.eos).toBe(4);
  expect(tokenizer.isSpecial(4)).toBe(false);
  expect(tokenizer.decode(tokenizer.encode("ab"))).toBe("ab");
});

test("added tokens that are not special are found as they always are, beside those that are let through or not", async () => {
  const tokens = [added(6, "<a>", { special: false }), added(7, "<a>b", { lstrip: true, rstrip: true })];
  const tokenizer = await load({
    added_tokens: tokens,
    model: { vocab: letters, merges: [], unk_token: null },
  });
  expect(tokensOf(tokenizer, "b <a>b a")).toEqual(["b", "<a>", "b", "a"]);
  expect(tokensOf(tokenizer, "b <a>b a", letThrough)).toEqual(["b", "<a>b", "a"]);
  const { offsets } = tokenizer.encodeWithOffsets("b <a>b a", letThrough);
  expect([...offsets]).toEqual([0, 1, 1, 7, 7, 8]); // with the white space that it takes
});

test("a long document is cut for the threads in no special token that counts", async () => {
  const tokenizer = await trainBpe({ files: [fixturePath("prose.txt")], vocabSize: 400 });
  const text = "the[EOS]end ".repeat(60_000);
  const documents = { bytes: Buffer.from(text), ends: Uint32Array.of(text.length) };
  for (const specialTokens of [false, true]) {
    const batch = await tokenizer.encodeBatch(documents, { dtype: "uint32", eos: null, threads: 3, specialTokens });
    expect(Buffer.from(batch.ids.buffer).equals(Buffer.from(tokenizer.encode(text, { specialTokens }).buffer))).toBe(
      true,
    );
    expect(batch.specialTokens).toBe(specialTokens ? 60_000 : 0);
  }
});

test("between SentencePiece's control pieces are texts of their own", async () => {
  const tokenizer = await trainSentencePiece({ files: [fixturePath("prose.txt")], vocabSize: 300 });
  const ids = [...tokenizer.encode("the[EOS]end", letThrough)];
  expect(ids).toEqual([...tokenizer.encode("the"), 2, ...tokenizer.encode("end")]);
  const { offsets } = tokenizer.encodeWithOffsets("é[EOS]é", letThrough);
  expect([...offsets].slice(-2)).toEqual([6, 7]);
});

test("a tokenizer whose training text spells special tokens learns them as text", async () => {
  const texts = ["so[EOS]it[EOS]goes ".repeat(300)];
  const tokenizer = await trainBpe({ texts, vocabSize: 300 });
  expect(tokensOf(tokenizer, "so[EOS]it")).toEqual(["so", "[", "EOS", "]", "it"]);
  expect(tokensOf(tokenizer, "so[EOS]it", letThrough)).toEqual(["so", "[EOS]", "it"]); // in the middle of a word too
});

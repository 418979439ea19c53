import { scratch, type Scratch } from "@trainer/testing";
import {
  extendTokenizer,
  loadTokenizer,
  trainBpe,
  trainChar,
  trainSentencePiece,
  type SentencePieceOptionsGiven,
  type Tokenizer,
} from "@trainer/tokenizers";
import { expect, test } from "vitest";
import { extensionOf, transferOf } from "./vocabulary-extension.js";

const TEXT = "the king and the queen and the king ".repeat(9);

/** A byte-level BPE of a few tokens, without merges. */
async function listed(folder: Scratch, tokens: readonly string[], special: readonly string[] = []): Promise<Tokenizer> {
  const step = { type: "ByteLevel", add_prefix_space: false };
  const added = special.map((content, i) => ({ id: tokens.length + i, content, special: true }));
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const json = { added_tokens: added, pre_tokenizer: step, decoder: step, model: { type: "BPE", vocab, merges: [] } };
  await folder.write("tokenizer.json", JSON.stringify(json));
  return loadTokenizer(folder.path);
}

test("a new token is made of the model's own tokens of its text; rows without a token stay", async () => {
  await using folder = await scratch();
  const base = await trainBpe({ texts: [TEXT], vocabSize: 270 });
  await base.save(folder.path);
  const tokenizer = await extendTokenizer(base, { texts: ["kingdom queendom 漢字漢字漢字 ".repeat(9)], add: 8 });
  const rows = tokenizer.vocabSize + 3;
  const extension = await extensionOf(folder.path, tokenizer, rows);
  const { pieces = [], newTokens = [] } = extension ?? {};
  expect(pieces).toHaveLength(rows);
  expect(newTokens).toEqual(Array.from({ length: 8 }, (_, i) => base.vocabSize + i));
  const whole = (of: readonly number[]) => Buffer.concat(of.map((id) => base.tokenBytes(id)));
  for (const id of newTokens) {
    expect(whole(pieces[id] ?? [])).toEqual(Buffer.from(tokenizer.tokenBytes(id)));
    expect(pieces[id]?.length).toBeGreaterThan(1);
  }
  const others = pieces.flatMap((of, id) => (newTokens.includes(id) ? [] : [[id, ...of]]));
  expect(others.every(([id, ...of]) => of.length === 1 && of[0] === id)).toBe(true);
});

test.each<[string, SentencePieceOptionsGiven]>([
  ["puts a space before a text", {}],
  ["keeps all spaces", { normalizationRuleName: "identity", removeExtraWhitespaces: false }],
  ["puts nothing before a text", { addDummyPrefix: false, normalizationRuleName: "identity" }],
])(
  "of a model of SentencePiece that %s a new piece is made of those of its text in the middle of another",
  async (_name, own) => {
    await using folder = await scratch();
    const settings = { modelType: "bpe", byteFallback: true, hardVocabLimit: false, ...own } as const;
    const base = await trainSentencePiece({ texts: [TEXT], vocabSize: 300, ...settings });
    await base.save(folder.path);
    const tokenizer = await extendTokenizer(base, {
      texts: ["kingdom queendom unking 漢字漢字漢字 ".repeat(9)],
      add: 12,
    });
    const { pieces = [], newTokens = [] } = (await extensionOf(folder.path, tokenizer, tokenizer.vocabSize)) ?? {};
    expect(newTokens.length).toBeGreaterThan(5);
    for (const id of newTokens) {
      const of = pieces[id] ?? [];
      expect(Buffer.concat(of.map((old) => base.tokenBytes(old)))).toEqual(Buffer.from(tokenizer.tokenBytes(id)));
      expect(of.length).toBeGreaterThan(1);
    }
  },
);

test("a special token is its name, and bytes that are no characters are the longest tokens they begin with", async () => {
  await using folder = await scratch();
  const own = ["a", "b", "ab", "Ã", "ÃÃ"];
  await listed(folder, own);
  await using other = await scratch();
  const tokenizer = await listed(other, [...own, "ÃÃaÃ", "©Ã", "ba"], ["<ab>"]);
  expect(await extensionOf(folder.path, tokenizer, 5)).toEqual({
    pieces: [[0], [1], [2], [3], [4], [4, 0, 3], [3], [1, 0], [0, 1]],
    newTokens: [5, 6, 7, 8],
    keepsIds: true,
  });
});

test("one that does not begin with the model's tokens extends nothing, nor where the model has no tokenizer of its own", async () => {
  await using folder = await scratch();
  const base = await trainBpe({ texts: [TEXT], vocabSize: 270 });
  expect(await extensionOf(folder.path, base, 270)).toBeNull();
  await base.save(folder.path);
  const smaller = await trainBpe({ texts: [TEXT], vocabSize: 265 });
  const other = await trainBpe({ texts: ["zz zz yy yy"], vocabSize: 270, minFrequency: 1, specials: ["[EOS]"] });
  for (const tokenizer of [smaller, other, await trainChar({ texts: [TEXT] })])
    expect(await extensionOf(folder.path, tokenizer, 270)).toBeNull();
  expect(await extensionOf(folder.path, base, 269)).toBeNull(); // a tokenizer that is none of this model's
  expect(await extensionOf(folder.path, base, 280)).toMatchObject({ newTokens: [] });
});

test("of another vocabulary each token is the old ones of its text, and one with a part in texts the old one with that", async () => {
  await using folder = await scratch();
  const other = await trainBpe({ texts: [TEXT], vocabSize: 270, specials: ["<s>", "</s>", "<pad>"] });
  expect(await transferOf(folder.path, other)).toBeNull();
  const base = await trainBpe({ texts: [TEXT], vocabSize: 290, specials: ["[UNK]", "[EOS]", "[BOS]"] });
  await base.save(folder.path);
  const { pieces = [], newTokens = [], keepsIds } = (await transferOf(folder.path, other)) ?? {};
  expect(keepsIds).toBe(false);
  expect(pieces).toHaveLength(270);
  expect(pieces.slice(0, 3)).toEqual([[2], [1], [...base.encode("<pad>")]]); // of which the base has none
  for (let id = 3; id < 270; id++) {
    const of = pieces[id] ?? [];
    expect(Buffer.concat(of.map((old) => base.tokenBytes(old)))).toEqual(Buffer.from(other.tokenBytes(id)));
    expect(newTokens.includes(id)).toBe(of.length > 1);
  }
});

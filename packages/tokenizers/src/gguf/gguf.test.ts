import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { matching, scratchPath } from "@trainer/testing";
import { codePoint } from "@trainer/testing/code-points";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { fixturePath } from "../../test/fixture.js";
import { bpeDefinition } from "../bpe-definition.js";
import { BpeTokenizer } from "../bpe.js";
import { loadTokenizer } from "../load.js";
import { SentencePieceTokenizer } from "../sentencepiece.js";
import { specialsOf } from "../specials.js";
import type { Tokenizer } from "../tokenizer.js";
import { trainBpe } from "../train-bpe.js";
import { trainChar } from "../train-char.js";
import { trainSentencePiece } from "../train-sentencepiece.js";
import { filesOfGguf } from "./from-gguf.js";
import { tokenTypes, type GgufTokenizer } from "./gguf-tokenizer.js";
import { readSentencePiece, writeSentencePiece } from "./sentencepiece-model.js";
import { tokenizerToGguf } from "./to-gguf.js";
import { rules } from "../../test/piece-rules.js";

const files = [fixturePath("prose.txt")];
const bpe = await trainBpe({ files, vocabSize: 320 });
const unigram = await trainSentencePiece({ files, vocabSize: 300, modelType: "unigram" });
const plain = { normalizationRuleName: "identity", removeExtraWhitespaces: false } as const;

const toGguf = (tokenizer: Tokenizer, vocabSize = tokenizer.vocabSize, eosId: number | null = null) =>
  tokenizerToGguf(tokenizer, { vocabSize, eosId });

async function fromGguf(gguf: GgufTokenizer, extra: Readonly<Record<string, unknown>> = {}): Promise<Tokenizer> {
  const folder = scratchPath("gguf");
  for (const [name, content] of filesOfGguf(gguf, extra)) await writeFile(join(folder, name), content);
  return loadTokenizer(folder);
}

const TEXTS = [
  "",
  " ",
  "The lamp was lit.\n\n  Twice, it's 1234 years old!",
  "Ünïcödé 漢字 עברית 👩‍👩‍👧 \u0301",
  "[EOS] [UNK] <s>",
  "\u2581 \t\r\n",
];

/** A tokenizer.json with another part in the place of one. */
function bpeWith(model: object, more: object = {}): BpeTokenizer {
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, use_regex: true };
  const file = { pre_tokenizer: byteLevel, added_tokens: [], ...more, model: { type: "BPE", merges: [], ...model } };
  const definition = bpeDefinition(file);
  const tokens: string[] = [];
  for (const [token, id] of Object.entries(definition.vocab)) tokens[id] = token;
  return new BpeTokenizer(definition, () => "", specialsOf(tokens));
}
const bytes = Object.fromEntries(Object.entries(bpe.definition.vocab).filter(([token]) => token.length === 1));

describe("a tokenizer as GGUF has it gives the same ids, read back", () => {
  test.each<[string, () => Tokenizer | Promise<Tokenizer>]>([
    ["trained byte-level BPE", () => bpe],
    ["gpt2", () => loadTokenizer(fixturePath("gpt2.json"))],
    ["llama3", () => loadTokenizer(fixturePath("llama3.json"))],
    ["qwen2", () => loadTokenizer(fixturePath("qwen2.json"))],
    ["smollm", () => loadTokenizer(fixturePath("smollm.json"))],
    ["unigram", () => unigram],
    [
      "unigram in lower case",
      () => trainSentencePiece({ files, vocabSize: 300, modelType: "unigram", normalizationRuleName: "nmt_nfkc_cf" }),
    ],
    ["SentencePiece's BPE", () => trainSentencePiece({ files, vocabSize: 500, ...plain, byteFallback: true })],
    [
      "SentencePiece's BPE with pieces that are always found",
      () =>
        trainSentencePiece({
          files,
          vocabSize: 500,
          ...plain,
          byteFallback: true,
          addDummyPrefix: false,
          userDefinedSymbols: ["<sep>", "lamp"],
          padId: 3,
        }),
    ],
  ])("%s", async (_name, make) => {
    const tokenizer = await make();
    const gguf = toGguf(tokenizer, tokenizer.vocabSize + 5, tokenizer.specials.eos ?? 0);
    expect(gguf.tokens.length).toBe(tokenizer.vocabSize + 5);
    expect(new Set(gguf.tokens).size).toBe(gguf.tokens.length);
    expect(gguf.types.slice(-5)).toEqual(Array.from({ length: 5 }, () => tokenTypes.unused));
    const again = await fromGguf(gguf);
    expect(again.kind).toBe(tokenizer.kind);
    expect(again.vocabSize).toBe(tokenizer.vocabSize);
    for (const text of TEXTS) {
      expect([...again.encode(text.normalize("NFC"))]).toEqual([...tokenizer.encode(text.normalize("NFC"))]);
      const ids = tokenizer.encode(text);
      expect(again.decode(ids)).toBe(tokenizer.decode(ids));
    }
    for (let id = 0; id < tokenizer.vocabSize; id++) {
      expect(again.token(id)).toBe(tokenizer.token(id));
      expect(again.isSpecial(id)).toBe(tokenizer.isSpecial(id));
    }
    expect(again.frame).toEqual(
      tokenizer.frame.before.length > 0 ? { before: tokenizer.frame.before, after: [] } : { before: [], after: [] },
    );
  });

  test("any text", async () => {
    const tokenizers = [bpe, unigram];
    const again = await Promise.all(tokenizers.map((tokenizer) => fromGguf(toGguf(tokenizer))));
    fc.assert(
      fc.property(fc.string({ unit: codePoint }), (text) => {
        for (const [i, tokenizer] of tokenizers.entries())
          expect([...(again[i]?.encode(text) ?? [])]).toEqual([...tokenizer.encode(text)]);
      }),
    );
  });
});

test("what llama.cpp needs of byte-level BPE is there", () => {
  const gguf = toGguf(bpe);
  expect(gguf).toMatchObject({ model: "gpt2", pre: "gpt-2", scores: null, addBos: false, normalizer: null });
  expect([gguf.pad, gguf.unk, gguf.bos, gguf.eos]).toEqual([0, 1, 2, 3]);
  expect(gguf.types.slice(0, 6)).toEqual([3, 3, 3, 3, 1, 1]);
  expect(gguf.merges?.length).toBe(bpe.merges);
  expect(gguf.merges?.every((merge) => /^\S+ \S+$/u.test(merge))).toBe(true);
});

test("of SentencePiece: scores, and how a text is normalized", () => {
  const gguf = toGguf(unigram);
  expect(gguf).toMatchObject({ model: "t5", pre: null, merges: null });
  expect(gguf.scores?.[5]).toBeLessThan(0);
  expect(gguf.normalizer).toMatchObject({ addSpacePrefix: true, removeExtraWhitespaces: true });
  expect(gguf.normalizer?.charsmap.length).toBeGreaterThan(1000);
  expect(toGguf(unigram, unigram.vocabSize + 1).scores?.at(-1)).toBe(0);
});

test("a text that begins with a token, and one whose begin token is named by nothing else", async () => {
  const again = await fromGguf({ ...toGguf(bpe), addBos: true });
  expect(again.frame).toEqual({ before: [2], after: [] });
  expect(toGguf(again)).toMatchObject({ addBos: true, bos: 2 });
  const nameless = bpeWith({ vocab: { ...bytes, "[EOS]": 400 } });
  expect(toGguf(nameless)).toMatchObject({ bos: 400, eos: 400, addBos: false });
  expect(toGguf(nameless, 401, 7)).toMatchObject({ bos: 7, eos: 7 });
});

test("names of unused ids are no token's", () => {
  const gguf = toGguf(bpeWith({ vocab: { ...bytes, "[UNUSED261]": 260, "[[UNUSED261]]": 262 } }), 264, 0);
  expect(gguf.tokens.slice(260)).toEqual(["[UNUSED261]", "[[[UNUSED261]]]", "[[UNUSED261]]", "[UNUSED263]"]);
});

test("added tokens that are not special are always found, by both", async () => {
  const added = [
    { id: 400, content: "lamp", single_word: false, lstrip: false, rstrip: false, normalized: false, special: false },
  ];
  const tokenizer = bpeWith({ vocab: bytes }, { added_tokens: added });
  const gguf = toGguf(tokenizer, 401, 3);
  expect(gguf.types[400]).toBe(tokenTypes.userDefined);
  expect([...(await fromGguf(gguf)).encode("a lamp")]).toEqual([...tokenizer.encode("a lamp")]);
});

const ofAPlugin: Tokenizer = {
  kind: "mine",
  vocabSize: 1,
  specials: bpe.specials,
  frame: bpe.frame,
  encode: () => new Int32Array(),
  encodeWithOffsets: () => ({ ids: new Int32Array(), offsets: new Uint32Array() }),
  encodeBytes: () => new Int32Array(),
  encodeBatch: () => Promise.reject(new Error("it has no batches")),
  decode: () => "",
  tokenBytes: () => new Uint8Array(),
  token: () => "",
  isSpecial: () => false,
  save: () => Promise.resolve(),
};

describe("what llama.cpp has not is refused by name", () => {
  test.each<[string, () => Tokenizer | Promise<Tokenizer>, RegExp]>([
    ["characters", () => trainChar({ files }), /its tokenizer is of single characters \(char\)/],
    [
      "a unigram model in a tokenizer.json",
      () => loadTokenizer(fixturePath("pieces-t5.json")),
      /its tokenizer.json is of pieces of text \(unigram\), and what can be written is/,
    ],
    ["a kind of a plugin", () => ofAPlugin, /its tokenizer is of the kind "mine", and/],
    [
      "words taken whole that are cut as GPT-2 does",
      () => bpeWith({ vocab: bytes, ignore_merges: true }),
      /takes words whole \(ignore_merges\) that it cuts as gpt2 does/,
    ],
    [
      "a vocabulary without some bytes",
      () => bpeWith({ vocab: { a: 0, "[UNK]": 1 }, unk_token: "[UNK]" }),
      /has no token for 255 of the 256 bytes/,
    ],
    ["a vocabulary without an end", () => bpeWith({ vocab: { a: 0 } }), /has no token that ends a text/],
    [
      "two tokens before a text",
      () => {
        const named = (id: string, at: number) => ({ [id]: { id, ids: [at], tokens: [id] } });
        const single = [{ SpecialToken: { id: "a" } }, { SpecialToken: { id: "b" } }, { Sequence: { id: "A" } }];
        const template = { type: "TemplateProcessing", single, special_tokens: { ...named("a", 0), ...named("b", 1) } };
        return bpeWith({ vocab: bytes }, { post_processor: template });
      },
      /begins a text with 2 tokens/,
    ],
    [
      "BPE that normalizes",
      () => trainSentencePiece({ files, vocabSize: 300 }),
      /is a BPE that normalizes texts .* and drops extra spaces .* and leaves characters unknown .*--model-type unigram/,
    ],
    [
      "unigram with bytes",
      () => trainSentencePiece({ files, vocabSize: 500, modelType: "unigram", byteFallback: true }),
      /unigram model with bytes for unknown characters/,
    ],
    [
      "unigram that drops spaces alone",
      () => trainSentencePiece({ files, vocabSize: 300, modelType: "unigram", addDummyPrefix: false }),
      /puts none before a text/,
    ],
    [
      "marks after words",
      () => trainSentencePiece({ files, vocabSize: 300, modelType: "unigram", treatWhitespaceAsSuffix: true }),
      /marks the end of words/,
    ],
    [
      "words",
      () => trainSentencePiece({ files, vocabSize: 100, modelType: "word", hardVocabLimit: false }),
      /is of whole words or of characters/,
    ],
    [
      "pieces that are always found",
      () => trainSentencePiece({ files, vocabSize: 300, modelType: "unigram", userDefinedSymbols: ["<sep>"] }),
      /has user-defined pieces/,
    ],
    ["no marks for spaces", () => edited(unigram, 3, 5, [0x28, 0x00]), /does not mark spaces/],
    ["rules for decoded text", () => edited(unigram, 5, 2, [0x12, 0x01, 0x41]), /has rules for decoded text/],
  ])("%s", async (_name, make, message) => {
    const tokenizer = await make();
    expect(() => toGguf(tokenizer)).toThrow(message);
    expect(() => toGguf(tokenizer)).toThrow("there is no GGUF of this model: ");
  });

  /** A model with a field more in one of its parts: the last of a field counts. */
  function edited({ model }: SentencePieceTokenizer, part: number, _field: number, more: readonly number[]): Tokenizer {
    return new SentencePieceTokenizer(Buffer.concat([model, Buffer.from([part * 8 + 2, more.length, ...more])]));
  }
});

const Pieces = z.looseObject({
  added_tokens: z.array(z.looseObject({ content: z.string() })),
  model: z.looseObject({ vocab: z.record(z.string(), z.number()), merges: z.array(z.unknown()) }),
});
type Pieces = z.output<typeof Pieces>;
const prepend = { type: "Prepend", prepend: "\u2581" };
const marks = { type: "Replace", pattern: { String: " " }, content: "\u2581" };
const sequence = (...normalizers: object[]) => ({ normalizer: { type: "Sequence", normalizers } });
const metaspace = (more: object) => ({
  pre_tokenizer: { type: "Metaspace", replacement: "\u2581", prepend_scheme: "never", split: false, ...more },
});
const found = (content: string, id: number, more: object = {}) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: false,
  ...more,
});

/** Llama 2's kind of tokenizer.json, with another part in the place of one. */
async function pieces(change: (file: Pieces) => object = () => ({}), name = "pieces-llama2"): Promise<Tokenizer> {
  const file = Pieces.parse(JSON.parse(await readFile(fixturePath(`${name}.json`), "utf8")));
  const added_tokens = file.added_tokens.filter(({ content }) => content !== "foo bar");
  const folder = scratchPath("pieces");
  const changed = { ...file, added_tokens, ...change({ ...file, added_tokens }) };
  await writeFile(join(folder, "tokenizer.json"), JSON.stringify(changed));
  return loadTokenizer(folder);
}
const modelWith =
  (more: (model: Pieces["model"]) => object) =>
  ({ model }: Pieces) => ({
    model: { ...model, ...more(model) },
  });

describe("BPE over pieces, as in a tokenizer.json of Llama 2, Mistral or Gemma", () => {
  test.each<[string, boolean, () => Promise<Tokenizer>]>([
    ["Llama 2's", true, () => pieces()],
    ["Gemma's", false, () => pieces(undefined, "pieces-gemma")],
    [
      "one with Metaspace and no mark at the beginning",
      false,
      () => pieces(() => ({ normalizer: null, ...metaspace({}) })),
    ],
    [
      "one with tokens that are always found",
      false,
      () =>
        pieces(
          ({ added_tokens }) => ({ added_tokens: [...added_tokens, found("\n\n", 700), found("\n\n\n", 701)] }),
          "pieces-gemma",
        ),
    ],
  ])("%s gives the same ids, read back", async (_name, addSpacePrefix, make) => {
    const tokenizer = await make();
    const gguf = toGguf(tokenizer, tokenizer.vocabSize, 2);
    expect(gguf).toMatchObject({ model: "llama", pre: null, merges: null, unk: 0, normalizer: { addSpacePrefix } });
    expect([gguf.types[0], gguf.types[1], gguf.types[3], gguf.types[400]]).toEqual([2, 3, 6, 1]);
    const again = await fromGguf(gguf);
    const same = (text: string): void => {
      expect([...again.encode(text)]).toEqual([...tokenizer.encode(text)]);
    };
    for (const text of [...TEXTS, "\n\n\n\n\n a \n\n", " ".repeat(37), "hahaha   hahaha"]) same(text);
    fc.assert(fc.property(fc.string({ unit: codePoint }), same));
    fc.assert(fc.property(fc.stringMatching(/^[a-e \u2581]*$/), same));
  });

  test.each<[string, (file: Pieces) => object, RegExp]>([
    ["other normalizers", () => sequence({ type: "NFKC" }, prepend, marks), /normalizes texts \(NFKC\), which/],
    ["another mark", () => sequence({ ...prepend, prepend: "_" }, marks), /normalizes texts \(Prepend\), which/],
    ["two marks before a text", () => sequence(prepend, prepend, marks), /puts 2 marks before a text/],
    ["spaces that stay", () => ({ normalizer: prepend }), /leaves spaces as they are/],
    [
      "spaces with a mark of their own",
      () => ({ normalizer: null, ...metaspace({ replacement: "_" }) }),
      /leaves spaces/,
    ],
    [
      "words by white space",
      () => ({ pre_tokenizer: { type: "WhitespaceSplit" } }),
      /cuts texts at white space, which llama.cpp does not/,
    ],
    ["words or not", () => ({ pre_tokenizer: { type: "Whitespace" } }), /cuts texts at white space/],
    [
      "marks of both kinds before a text",
      () => ({ ...metaspace({ prepend_scheme: "first" }) }),
      /puts 2 marks before a text/,
    ],
    [
      "words cut before marks",
      ({ model }) => ({
        ...metaspace({ split: true }),
        model: { ...model, vocab: { ...model.vocab, "a\u2581b": 800 } },
      }),
      /cuts texts before each mark, and llama.cpp would make "a\u2581b"/,
    ],
    ["characters unknown", modelWith(() => ({ byte_fallback: false })), /leaves characters unknown/],
    [
      "a byte that is missing",
      modelWith(({ vocab }) => ({
        vocab: Object.fromEntries(Object.entries(vocab).filter(([token]) => token !== "<0xFF>")),
      })),
      /not all 256 bytes/,
    ],
    ["words taken whole", modelWith(() => ({ ignore_merges: true })), /takes words whole \(ignore_merges\)/],
    [
      "a token that is no merge of two that make it",
      modelWith(({ merges }) => ({ merges: merges.slice(0, -1) })),
      /makes the token ".*" of ".*" and ".*", otherwise than llama.cpp/,
    ],
    [
      "merges of one token apart",
      modelWith(({ merges }) => ({ merges: [...merges, merges[0]] })),
      /makes the token ".*" by merges that others stand between/,
    ],
    [
      "a token found in its normal form",
      ({ added_tokens }) => ({ added_tokens: [...added_tokens, found("foo bar", 700, { normalized: true })] }),
      /looks for "foo bar" in a way of its own/,
    ],
    [
      "a token found, after which Metaspace puts no mark",
      ({ added_tokens }) => ({
        normalizer: null,
        ...metaspace({ prepend_scheme: "first" }),
        added_tokens: [...added_tokens, found("abc", 700)],
      }),
      /looks for "abc" in every text, after which llama.cpp puts a mark/,
    ],
    [
      "tokens found over one another",
      ({ added_tokens }) => ({ added_tokens: [...added_tokens, found("abc", 700), found("bcde", 701)] }),
      /looks for "abc" and "bcde", of which llama.cpp takes the longer/,
    ],
  ])("with %s is refused", async (_name, change, message) => {
    const tokenizer = await pieces(change);
    expect(() => toGguf(tokenizer, tokenizer.vocabSize, 2)).toThrow(message);
  });

  test("one whose marks before texts are Metaspace's is written, and what llama.cpp does otherwise is told", async () => {
    const tokenizer = await pieces(() => ({ normalizer: null, ...metaspace({ prepend_scheme: "first" }) }));
    const gguf = toGguf(tokenizer, tokenizer.vocabSize, 2);
    expect(gguf).toMatchObject({ normalizer: { addSpacePrefix: true }, notes: [matching(/^llama.cpp puts a space/)] });
    const again = await fromGguf(gguf);
    for (const text of TEXTS.filter((each) => !/^[ \u2581]/.test(each)))
      expect([...again.encode(text)]).toEqual([...tokenizer.encode(text)]);
    expect(toGguf(await pieces(), 700, 2).notes).toEqual([]);
  });

  test("as many tokens as there are ids, those that no file names among them", async () => {
    const tokenizer = await pieces(modelWith(({ vocab }) => ({ vocab: { ...vocab, "\u{e000}\u{e001}": 710 } })));
    const gguf = toGguf(tokenizer, 720, 2);
    expect([gguf.tokens[705], gguf.tokens[710], gguf.types[705], gguf.types[710]]).toEqual([
      "[UNUSED705]",
      "\u{e000}\u{e001}",
      5,
      1,
    ]);
    expect(gguf.scores?.[710]).toBe(Math.min(...(gguf.scores ?? [])));
  });

  test("a conversation without a token for what is unknown", async () => {
    const tokenizer = await pieces(modelWith(() => ({ unk_token: null })));
    expect(toGguf(tokenizer, 700, 2)).toMatchObject({ unk: null });
  });
});

describe("a tokenizer that there is not here is refused by name", () => {
  const gguf = toGguf(bpe);
  test.each<[string, Partial<GgufTokenizer>, string]>([
    ["words cut in a way of its own", { pre: "tekken" }, 'tokenizer.ggml.pre is "tekken"; what is read: gpt-2, '],
    ["words cut in no way that is said", { pre: null }, 'tokenizer.ggml.pre is "default"'],
    ["a token twice", { tokens: [...gguf.tokens.slice(0, -1), "a"] }, 'it has the token "a" twice'],
    ["a merge of one token", { merges: ["ab"] }, 'the merge "ab" is not two tokens with a space between them'],
    ["SentencePiece without scores", { model: "llama" }, "needs tokenizer.ggml.scores"],
  ])("%s", (_name, more, message) => {
    expect(() => filesOfGguf({ ...gguf, ...more })).toThrow(message);
  });

  test("a merge of what is no token", async () => {
    await expect(fromGguf({ ...gguf, merges: ["qq zz"] })).rejects.toThrow('merge 0 makes or takes "qq"');
  });
});

test("without merges there are bytes alone, and unused tokens have no role", async () => {
  const gguf = toGguf(bpe);
  const types = gguf.types.map((type, id) => (id === 0 ? tokenTypes.unused : type));
  const files = filesOfGguf({ ...gguf, merges: null, types, unk: null }, { chat_template: "x" });
  const config: unknown = JSON.parse(String(files.get("tokenizer_config.json")));
  expect(config).toEqual({
    bos_token: "[BOS]",
    eos_token: "[EOS]",
    add_bos_token: false,
    add_eos_token: false,
    chat_template: "x",
  });
  const again = await fromGguf({ ...gguf, merges: null, types });
  expect(again.encode("lamp").length).toBe(4);
  expect(again.token(0)).toBe("");
});

test("a SentencePiece model is read as it was written", () => {
  const model = {
    pieces: [
      { piece: "<unk>", score: 0, type: 2 },
      { piece: "\u2581a", score: -1.5, type: 1 },
    ],
    modelType: 1,
    byteFallback: false,
    charsmap: Uint8Array.of(1, 2, 3),
    addDummyPrefix: false,
    removeExtraWhitespaces: true,
  };
  const written = writeSentencePiece({ ...model, roles: { unk: 0, bos: null, eos: null, pad: 7 } });
  const rest = { whitespaceAsSuffix: false, escapeWhitespaces: true, denormalizes: false, rules };
  expect(readSentencePiece(written)).toEqual({ ...model, charsmap: Buffer.from(model.charsmap), ...rest });
});

test("a SentencePiece model that says nothing has what the library takes then", () => {
  const nothing = readSentencePiece(Uint8Array.from([0x0a, 0x00, 0x08, 0x01, 0x12, 0x00, 0x22, 0x00]));
  expect(nothing).toEqual({
    pieces: [{ piece: "", score: 0, type: 1 }],
    modelType: 1,
    byteFallback: false,
    whitespaceAsSuffix: false,
    charsmap: new Uint8Array(),
    addDummyPrefix: true,
    removeExtraWhitespaces: true,
    escapeWhitespaces: true,
    denormalizes: false,
    rules,
  });
});

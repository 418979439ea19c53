import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { scratch } from "@trainer/testing";
import { array, assert, asyncProperty, boolean, constantFrom, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type ExtendOptions, extendTokenizer } from "../src/extend-tokenizer.js";
import { readSentencePiece } from "../src/gguf/sentencepiece-model.js";
import { tokenizerToGguf } from "../src/gguf/to-gguf.js";
import { loadTokenizer } from "../src/load.js";
import { bytes, whole } from "../src/protobuf-writer.js";
import { SentencePieceTokenizer } from "../src/sentencepiece.js";
import type { SentencePieceOptionsGiven } from "../src/sentencepiece-options.js";
import type { Tokenizer } from "../src/tokenizer.js";
import { trainSentencePiece } from "../src/train-sentencepiece.js";
import { fieldsOf } from "../src/vocabulary/pieces-of-model.js";
import { fixturePath } from "./fixture.js";
import { misplaced } from "./misplaced.js";

const PROSE = [fixturePath("prose.txt")];
/** As Llama's was trained. */
const llama: SentencePieceOptionsGiven = {
  modelType: "bpe",
  byteFallback: true,
  normalizationRuleName: "identity",
  removeExtraWhitespaces: false,
  splitDigits: true,
  allowWhitespaceOnlyPieces: true,
};
const trained = (options: SentencePieceOptionsGiven = llama) =>
  trainSentencePiece({ files: PROSE, vocabSize: 420, hardVocabLimit: false, ...options });

const OWN = [
  "die Müllerin mahlt das Mehl im Mühlenhaus\n",
  "das Mühlenhaus, die Müllerin: 2024-12-01    (Mehl)\n",
  "漢字漢字 Мельница мельница 漢字\n",
  "\tif (mehl) return mehl;\n",
].flatMap((line) => [line, line, line]);
const own = { texts: OWN, add: 120, threads: 2 };

const newTokens = (base: Tokenizer, extended: Tokenizer): string[] =>
  Array.from({ length: extended.vocabSize - base.vocabSize }, (_, i) => extended.token(base.vocabSize + i));

const bases: [name: string, () => Promise<Tokenizer>][] = [
  ["a model as Llama's", () => trained()],
  ["a model with the library's own settings", () => trained({ modelType: "bpe" })],
  ["Llama's tokenizer.json", () => loadTokenizer(fixturePath("pieces-llama2.json"))],
  ["Mistral's", () => loadTokenizer(fixturePath("pieces-mistral.json"))],
  ["Gemma's", () => loadTokenizer(fixturePath("pieces-gemma.json"))],
];

describe.each(bases)("%s extended", (_name, open) => {
  const made = (async () => {
    const base = await open();
    return { base, extended: await extendTokenizer(base, own) };
  })();

  test("has an old token only where the base has it, ends no token where the base goes on, and takes less for its text", async () => {
    const { base, extended } = await made;
    for (let id = 0; id < base.vocabSize; id++) expect(extended.token(id)).toBe(base.token(id));
    const word = constantFrom(
      ...OWN.slice(0).flatMap((line) => line.split(/(?<= )/)),
      "the ",
      "  ",
      "\u2581",
      "🙂",
      "ü",
    );
    const part = word.chain((known) => constantFrom(known, known.slice(1), known.trim()));
    assert(
      property(array(part, { maxLength: 12 }), (parts) => {
        const text = parts.join("");
        expect(misplaced(base, extended, text)).toEqual([]);
        expect(extended.decode(extended.encode(text))).toBe(base.decode(base.encode(text)));
      }),
      { numRuns: 60 },
    );
    const tokens = (tokenizer: Tokenizer) => OWN.reduce((sum, line) => sum + tokenizer.encode(line).length, 0);
    expect(tokens(extended)).toBeLessThan(0.7 * tokens(base));
  });

  test("comes back from its folder, has no token twice, and is what llama.cpp makes of it where the base was", async () => {
    const { base, extended } = await made;
    await using folder = await scratch();
    await extended.save(folder.path);
    const loaded = await loadTokenizer(folder.path);
    expect(loaded.specials).toEqual(base.specials);
    for (const line of OWN) expect(loaded.encode(line)).toEqual(extended.encode(line));
    const added = newTokens(base, extended);
    expect(new Set(added).size).toBe(added.length);
    expect(
      added.filter((token) => /^..*\u2581[^\u2581]|\u2581\u2581[^\u2581]|[A-Za-z][^A-Za-zäöüß]/u.test(token)),
    ).toEqual([]);
    const gguf = (tokenizer: Tokenizer) => tokenizerToGguf(tokenizer, { vocabSize: tokenizer.vocabSize, eosId: null });
    const why = (tokenizer: Tokenizer) => {
      try {
        return gguf(tokenizer).tokens.length - tokenizer.vocabSize;
      } catch (error) {
        return String(error);
      }
    };
    expect(why(extended)).toBe(why(base));
  });
});

test("whatever the base and the text, an old token is only where the base has it", async () => {
  const letters = string({ unit: constantFrom("a", "b", "c", "é", " ", "1"), minLength: 1, maxLength: 60 });
  await assert(
    asyncProperty(
      array(letters, { minLength: 1, maxLength: 8 }),
      array(letters, { maxLength: 8 }),
      boolean(),
      async (old, texts, apart) => {
        const settings = { ...llama, vocabSize: 290, hardVocabLimit: false, splitByUnicodeScript: apart };
        const base = await trainSentencePiece({ texts: ["abcabc é", ...old], ...settings });
        const extended = await extendTokenizer(base, { texts: ["abab", ...texts], add: 20, minFrequency: 1 }).catch(
          () => base, // that has a token for every word of the text
        );
        for (const text of [...old, ...texts]) expect(misplaced(base, extended, text)).toEqual([]);
      },
    ),
    { numRuns: 40 },
  );
});

test("characters that were bytes become tokens, at most half of the new ones, and parts of others", async () => {
  const base = await trained();
  const extended = await extendTokenizer(base, { ...own, texts: ["漢字漢字漢字 かな\n"], add: 6, minFrequency: 1 });
  expect(newTokens(base, extended)).toEqual(["漢", "字", "か", "漢字", "漢字漢字", "▁か"]);
  expect(Buffer.from(extended.tokenBytes(base.vocabSize)).toString()).toBe("漢");
  expect([...extended.encode("な")].slice(-3).map((id) => extended.token(id))).toEqual(["<0xE3>", "<0x81>", "<0xAA>"]);
});

test.each<[SentencePieceOptionsGiven, string[], string[]]>([
  [{}, ["a-b", "\u2581\u2581\u2581", "1 2", "12"], ["\u2581ab"]],
  [{ splitByUnicodeScript: false, splitByNumber: false }, ["\u2581ab\u2581"], ["\u2581ab", "\u258112"]],
  [{ splitByWhitespace: false }, [], ["\u2581ab\u2581ab"]],
  [{ treatWhitespaceAsSuffix: true }, ["\u2581ab"], ["ab\u2581"]],
  [{ allowWhitespaceOnlyPieces: true, removeExtraWhitespaces: false }, ["\u2581\u2581ab"], ["\u2581\u2581"]],
  [{ maxSentencepieceLength: 3 }, ["\u2581aba", "\u2581abab"], ["\u2581ab"]],
])("pieces are as the settings of the base %j have them", async (options, without, within) => {
  const base = await trainSentencePiece({
    texts: ["a b 1 2 - a-b"],
    vocabSize: 264 + 12,
    hardVocabLimit: false,
    modelType: "bpe",
    ...options,
  });
  const text = "ab ab   ab 12 a-b abab ab 12\n".repeat(9);
  const added = newTokens(base, await extendTokenizer(base, { texts: [text], add: 60 }));
  for (const piece of within)
    expect([...added, ...Array.from({ length: base.vocabSize }, (_, id) => base.token(id))]).toContain(piece);
  for (const piece of without) expect(added).not.toContain(piece);
});

test("the model's file stays as it is but for the new pieces, the size, and texts to check it by", async () => {
  const old = await trained();
  const { model } = old;
  const spelled = Array.from(old.encode("Mehl"), (id) => old.token(id)).join(" ");
  const unknown = bytes(200, Buffer.from("of somebody else"));
  const check = bytes(4, bytes(1, Buffer.concat([bytes(1, Buffer.from("Mehl")), bytes(2, Buffer.from(spelled))])));
  const trainer = [...fieldsOf(model)].find(({ field }) => field === 2)?.body;
  const normalizer = [...fieldsOf(model)].find(({ field }) => field === 3);
  const pieces = [...fieldsOf(model)].filter(({ field }) => field === 1).map(({ raw }) => raw);
  if (!(trainer instanceof Uint8Array) || normalizer === undefined) throw new Error("no such parts");
  const other = bytes(2, Buffer.concat([trainer, whole(201, 7n)]));
  const base = new SentencePieceTokenizer(Buffer.concat([unknown, other, normalizer.raw, ...pieces, check]));
  const extended = await extendTokenizer(base, own);
  if (!(extended instanceof SentencePieceTokenizer)) throw new Error("another kind");
  const fields = [...fieldsOf(extended.model)];
  expect(fields.slice(0, 3).map(({ field }) => field)).toEqual([200, 2, 3]);
  expect(fields.map(({ raw }) => Buffer.from(raw)).slice(3, 3 + pieces.length)).toEqual(
    pieces.map((raw) => Buffer.from(raw)),
  );
  expect(fields.length).toBe(3 + extended.vocabSize);
  const settings = [
    ...fieldsOf(bytes(9, Buffer.alloc(0)).subarray(2)),
    ...fieldsOf(fields[1]?.body instanceof Uint8Array ? fields[1].body : Buffer.alloc(0)),
  ];
  expect(settings.filter(({ field }) => field === 4 || field === 201).map(({ body }) => body)).toEqual([
    7,
    extended.vocabSize,
  ]);
  const scores = readSentencePiece(extended.model).pieces.map(({ score }) => score);
  const added = scores.slice(pieces.length);
  expect(added.every((score, i) => score < Math.min(...scores.slice(0, pieces.length + i)))).toBe(true);
});

test("files give what their lines give, without a line feed at the end too, and whole ones what a text of all gives", async () => {
  const base = await trained();
  await using folder = await scratch();
  const contents = [OWN.slice(0, 6).join(""), OWN.slice(6).join("").trimEnd()];
  const files = await Promise.all(contents.map((text, i) => folder.write(`${i}.txt`, text)));
  const added = async (options: Omit<ExtendOptions, "add">) =>
    newTokens(base, await extendTokenizer(base, { add: 120, ...options }));
  expect(await added({ files })).toEqual(await added({ texts: OWN }));
  expect(await added({ files, unit: "file" })).toEqual(await added({ texts: contents }));
  await rm(join(folder.path, "1.txt"));
  await expect(extendTokenizer(base, { files, add: 9 })).rejects.toThrow("cannot read");
});

test("what cannot be extended is refused, with why", async () => {
  const refused = async (base: Tokenizer | Promise<Tokenizer>, message: string) =>
    expect(extendTokenizer(await base, own)).rejects.toThrow(message);
  await refused(
    trained({ modelType: "unigram" }),
    "a unigram model of SentencePiece cuts a text by the scores of all pieces",
  );
  await refused(trained({ modelType: "char" }), "of whole words or of characters");
  await refused(
    loadTokenizer(fixturePath("pieces-t5.json")),
    "a unigram tokenizer cuts a text by the scores of all pieces",
  );
  await refused(loadTokenizer(fixturePath("pieces-legacy.json")), "does not mark spaces");
  const base = await trained();
  for (const texts of [["x"], ["\n\n"]])
    await expect(extendTokenizer(base, { texts, add: 9 })).rejects.toThrow("has no pair of tokens");
  await expect(extendTokenizer(base, { texts: [], add: 9 })).rejects.toMatchObject({ code: "CORPUS_EMPTY" });
  const gemma = await loadTokenizer(fixturePath("pieces-gemma.json"));
  await expect(extendTokenizer(gemma, { texts: ["x"], add: 9 })).rejects.toThrow("has no pair of tokens");
  await expect(extendTokenizer(base, { ...own, signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: "CANCELLED",
  });
  const controller = new AbortController();
  const endless = (function* () {
    for (let i = 0; ; i++) {
      if (i === 3) controller.abort();
      yield { bytes: Buffer.from("ab ab"), ends: Uint32Array.of(5) };
    }
  })();
  await expect(extendTokenizer(base, { texts: endless, add: 9, signal: controller.signal })).rejects.toMatchObject({
    code: "CANCELLED",
  });
});

test("a model with added tokens after its pieces is refused, for new pieces would have their ids", async () => {
  await using folder = await scratch();
  const base = await trained();
  await base.save(folder.path);
  await folder.write("added_tokens.json", JSON.stringify({ "<unk>": 1, "<image>": base.vocabSize }));
  const open = () => loadTokenizer(folder.path);
  await expect(extendTokenizer(await open(), own)).rejects.toThrow(
    `added_tokens.json has the added token "<image>" after the model's ${base.vocabSize} pieces`,
  );
  await folder.write("added_tokens.json", "{");
  const added_tokens_decoder = { 1: { content: "[UNK]" }, [base.vocabSize + 3]: { content: "<far>" } };
  await folder.write("tokenizer_config.json", JSON.stringify({ added_tokens_decoder }));
  await expect(extendTokenizer(await open(), own)).rejects.toThrow('tokenizer_config.json has the added token "<far>"');
  await folder.write("tokenizer_config.json", JSON.stringify({ bos_token: "[BOS]", add_bos_token: true }));
  const extended = await extendTokenizer(await open(), own);
  expect(extended.frame.before).toEqual([extended.specials.bos]);
});

const Merges = z.object({ model: z.object({ merges: z.array(z.unknown()) }) });

test("a tokenizer.json keeps its merges, and a new token is made of any two that spell it", async () => {
  await using folder = await scratch();
  const base = await loadTokenizer(fixturePath("pieces-llama2.json"));
  const extended = await extendTokenizer(base, own);
  await extended.save(folder.path);
  const merges = async (path: string) => Merges.parse(JSON.parse(await readFile(path, "utf8"))).model.merges;
  const before = await merges(fixturePath("pieces-llama2.json"));
  const after = (await merges(join(folder.path, "tokenizer.json"))).map(String);
  expect(after.slice(0, before.length)).toEqual(before.map(String));
  const spelled = after.slice(before.length).map((pair) => pair.replace(/[ ,]/, ""));
  expect([...new Set(spelled)]).toEqual(newTokens(base, extended).filter((token) => Array.from(token).length > 1));
  expect(spelled.length).toBeGreaterThan(new Set(spelled).size);
});

/** BPE over characters that marks spaces in the way of these steps, with an id that is not used, and digits in pieces. */
const marking = (steps: object) => {
  const chars = Array.from("\u2581abc123.,");
  const pieces = [...chars, "12", "ab"].map((token, i): [string, number] => [token, i < 3 ? i : i + 1]);
  const model = {
    type: "BPE",
    vocab: Object.fromEntries(pieces),
    merges: [
      ["1", "2"],
      ["a", "b"],
    ],
  };
  return JSON.stringify({ ...steps, model, decoder: { type: "Metaspace", replacement: "\u2581" } });
};
const marks = { normalizer: { type: "Replace", pattern: { String: " " }, content: "\u2581" } };

test("a tokenizer.json that has no token for what is unknown, unused ids and pieces of digits is extended in its way", async () => {
  await using folder = await scratch();
  const pre_tokenizer = { type: "Metaspace", replacement: "\u2581", prepend_scheme: "always", split: true };
  const base = await loadTokenizer(await folder.write("tokenizer.json", marking({ pre_tokenizer })));
  const extended = await extendTokenizer(base, { texts: ["  abc,123 "], add: 9, minFrequency: 1 });
  expect(newTokens(base, extended)).toEqual(["\u2581ab", ",12", "\u2581abc", ",123"]);
  expect([extended.token(3), extended.token(base.vocabSize - 1)]).toEqual(["", "ab"]);
});

test.each<object>([{ type: "Whitespace" }, { type: "WhitespaceSplit" }])(
  "one that drops spaces (%j) is refused, for its tokens do not say where words end",
  async (pre_tokenizer) => {
    await using folder = await scratch();
    const base = await loadTokenizer(await folder.write("tokenizer.json", marking({ ...marks, pre_tokenizer })));
    await expect(extendTokenizer(base, own)).rejects.toThrow("does not mark spaces");
  },
);

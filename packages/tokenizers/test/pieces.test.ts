import { readFileSync } from "node:fs";
import { matching, withFields } from "@trainer/testing";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { loadTokenizer } from "../src/load.js";
import { describeTokenizer } from "./describe-tokenizer.js";
import { fixturePath } from "./fixture.js";
import { scratch } from "@trainer/testing";

const Case = z.object({
  text: z.string(),
  ids: z.array(z.number()),
  /** Offsets in code points; null where the normalizer moves characters, which Hugging Face follows in part. */
  offsets: z.array(z.number()).nullable(),
  some: z.array(z.number()),
  decoded: z.string(),
  withSpecial: z.string(),
});

/** Hugging Face's library takes special tokens that a text spells for what they are called. */
const spelled = { specialTokens: true };

/** Results of Hugging Face's library, written by `fixtures/make-pieces.py`. */
const parity = z.record(z.string(), z.array(Case)).parse(JSON.parse(readFileSync(fixturePath("pieces.json"), "utf8")));

const open = (name: string) => loadTokenizer(fixturePath(`pieces-${name}.json`));

/** Offsets in UTF-16 units as offsets in code points. */
function inCodePoints(text: string, offsets: Uint32Array): number[] {
  const pointAt = new Map([[0, 0]]);
  let unit = 0;
  for (const [i, char] of Array.from(text).entries()) pointAt.set((unit += char.length), i + 1);
  return Array.from(offsets, (offset) => pointAt.get(offset) ?? -1);
}

describe.each(Object.entries(parity))("%s gives what Hugging Face's library gives", (name, cases) => {
  test("of texts", async () => {
    const tokenizer = await open(name);
    expect(cases.map(({ text }) => [...tokenizer.encode(text, spelled)])).toEqual(cases.map(({ ids }) => ids));
  });

  test("as the part of the text that each token was made of", async () => {
    const tokenizer = await open(name);
    const plain = cases.filter(({ offsets }) => offsets !== null);
    const ours = plain.map(({ text }) => inCodePoints(text, tokenizer.encodeWithOffsets(text, spelled).offsets));
    expect(ours).toEqual(plain.map(({ offsets }) => offsets));
  });

  test("of ids", async () => {
    const tokenizer = await open(name);
    expect(cases.map(({ some }) => tokenizer.decode(some))).toEqual(cases.map(({ decoded }) => decoded));
    const all = cases.map(({ some, ids }) => tokenizer.decode([...some, ...ids], { skipSpecial: false }));
    expect(all).toEqual(cases.map(({ withSpecial }) => withSpecial));
  });
});

for (const name of Object.keys(parity)) {
  // What a text is afterwards is the fixture's business: normalizers and unknown characters change it.
  describeTokenizer(name, () => open(name), { decoded: () => null, tiles: false, bytes: name !== "fallback" });
}

const loadJson = async (file: object) => {
  await using folder = await scratch();
  return await loadTokenizer(await folder.write("tokenizer.json", JSON.stringify(file)));
};
const bpe = {
  vocab: { a: 0, b: 1, ab: 2, "▁": 3, "▁a": 4, "[UNK]": 5, "": 6 },
  merges: ["a b", "▁ a"],
  unk_token: "[UNK]",
};
const unigram = {
  type: "Unigram",
  unk_id: 0,
  vocab: [
    ["<unk>", 0],
    ["▁", -2],
    ["▁a", -3],
    ["b", -4],
  ],
};
const metaspace = { type: "Metaspace", replacement: "▁" };
const replace = { type: "Replace", pattern: { String: " " }, content: "▁" };

describe("what else loads", () => {
  const tokens = async (file: object, text: string) => {
    const tokenizer = await loadJson(file);
    return Array.from(tokenizer.encode(text), (id) => tokenizer.token(id));
  };

  test("white space as the only boundary, and a sequence of one", async () => {
    const pre_tokenizer = { type: "Sequence", pretokenizers: [{ type: "WhitespaceSplit" }] };
    expect(await tokens({ pre_tokenizer, model: bpe }, "ab  ab\na?")).toEqual(["ab", "ab", "a", "[UNK]"]);
  });

  test("Metaspace of before 2023", async () => {
    const with_ = (add_prefix_space: boolean) => ({
      pre_tokenizer: { ...metaspace, add_prefix_space },
      model: unigram,
    });
    expect(await tokens(with_(true), "a b")).toEqual(["▁a", "▁", "b"]);
    expect(await tokens(with_(false), "b a")).toEqual(["b", "▁a"]);
    const decoder = (add_prefix_space: boolean) => ({ model: unigram, decoder: { ...metaspace, add_prefix_space } });
    expect((await loadJson(decoder(true))).decode([2, 2])).toBe("a a");
    expect((await loadJson(decoder(false))).decode([2, 2])).toBe(" a a");
  });

  test("words that are their own token before any merge", async () => {
    const model = { ...bpe, vocab: { ...bpe.vocab, aab: 7 }, ignore_merges: true };
    const file = { pre_tokenizer: { type: "Whitespace" }, model };
    expect(await tokens(file, "aab aa")).toEqual(["aab", "a", "a"]);
    expect([...(await loadJson(file)).encodeWithOffsets("aab aa").offsets]).toEqual([0, 3, 4, 5, 5, 6]);
  });

  test("a mark within a token, across which no text is cut", async () => {
    const model = { vocab: { a: 0, "▁": 1, "a▁": 2, "a▁a": 3 }, merges: ["a ▁", "a▁ a"] };
    expect(await tokens({ normalizer: replace, model }, "a a a")).toEqual(["a▁", "a▁a"]);
  });

  test("no token for what is unknown: it is dropped", async () => {
    expect(await tokens({ model: { ...bpe, unk_token: null } }, "a?b")).toEqual(["ab"]);
  });

  test("bytes for a character only where all of its bytes are tokens", async () => {
    const model = { ...bpe, vocab: { ...bpe.vocab, "<0x3F>": 7, "<0xC3>": 8 }, byte_fallback: true };
    expect(await tokens({ model }, "a?é?")).toEqual(["a", "<0x3F>", "<0x3F>", "[UNK]"]); // as in the reference
    const vocab = [...unigram.vocab, ["<0x3F>", 0], ["<0xC3>", 0]];
    const uni = { model: { ...unigram, vocab, byte_fallback: true } };
    expect(await tokens(uni, "b?b é")).toEqual(["b", "<0x3F>", "b", "<unk>"]);
  });

  test("a gap in the ids decodes as nothing", async () => {
    const tokenizer = await loadJson({ model: { ...bpe, vocab: { ...bpe.vocab, far: 9 } } });
    expect(tokenizer.decode([0, 8, 9])).toBe("a far");
    expect(tokenizer.tokenBytes(8)).toEqual(new Uint8Array());
  });

  test("the other normal forms", async () => {
    const forms = ["NFC", "NFD", "NFKC", "NFKD"] as const;
    for (const type of forms) {
      const vocab = Object.fromEntries(Array.from("eé\u0301fiﬁ", (char, id) => [char, id]));
      const text = "éﬁ";
      const expected = Array.from(text.normalize(type));
      expect(await tokens({ normalizer: { type }, model: { vocab, merges: [] } }, text)).toEqual(expected);
    }
  });

  test("Strip in a decoder, from both ends", async () => {
    const strip = (start: number, stop: number) => ({ type: "Strip", content: "▁", start, stop });
    const decode = async (start: number, stop: number) =>
      (await loadJson({ model: unigram, decoder: strip(start, stop) })).decode([1, 2, 3, 1]);
    expect(await decode(0, 0)).toBe("▁▁ab▁");
    expect(await decode(1, 0)).toBe("ab");
    expect(await decode(0, 2)).toBe("▁ab");
  });
});

describe("a file that makes much of little", () => {
  const replaceA = (content: string) => ({ type: "Replace", pattern: { String: "a" }, content });
  const sixteenfold = replaceA("a".repeat(16));
  const bar = { id: 7, content: "|", normalized: false };
  const normalizing = (...normalizers: object[]) =>
    loadJson({ normalizer: { type: "Sequence", normalizers }, model: bpe, added_tokens: [bar] });
  const tooLong = (message: RegExp) => withFields({ code: "INVALID_INPUT", message: matching(message) });
  const normalized = tooLong(/normalizer makes more of a text than it may: 32 times/);
  const decoded = tooLong(/decoder makes more of its tokens than it may: 32 times/);

  test("is loaded, and refuses what becomes too long by a chain of replacements", async () => {
    expect((await normalizing(sixteenfold)).encode("a".repeat(1000))).toHaveLength(16_000);
    const laughs = await normalizing(...Array.from({ length: 8 }, () => sixteenfold)); // 2^32 letters of one
    const documents = { bytes: Buffer.from("a"), ends: Uint32Array.of(1) };
    expect(() => laughs.encode("a")).toThrow(normalized);
    expect(() => laughs.encodeBytes(Buffer.from("a"))).toThrow(normalized);
    expect(() => laughs.encodeWithOffsets("a")).toThrow(normalized);
    await expect(laughs.encodeBatch(documents, { dtype: "uint16", eos: null })).rejects.toThrow(normalized);
    expect([...laughs.encode("b")]).toEqual([1]);
  });

  test("has one limit for all parts of a text, whatever comes between them", async () => {
    const tokenizer = await normalizing({ type: "Prepend", prepend: "b".repeat(1000) });
    expect(tokenizer.encode("a")).toHaveLength(1001);
    expect(tokenizer.encode("a|")).toHaveLength(1002);
    expect(() => tokenizer.encode("a|a|a")).toThrow(normalized);
  });

  test("is refused before a character becomes eighteen", async () => {
    const tokenizer = await normalizing(replaceA("\ufdfa".repeat(10)), { type: "NFKD" });
    expect(tokenizer.encode("a").length).toBeGreaterThan(0);
    expect(() => tokenizer.encode("a".repeat(1000))).toThrow(normalized);
  });

  test("is not loaded where that is of its own tokens", async () => {
    const normalizer = { type: "Sequence", normalizers: Array.from({ length: 8 }, () => sixteenfold) };
    const added_tokens = [{ ...bar, content: "aa", normalized: true }];
    await expect(loadJson({ normalizer, model: bpe, added_tokens })).rejects.toThrow(normalized);
  });

  test("decodes what becomes no longer than it may", async () => {
    const decoding = (steps: number) =>
      loadJson({
        model: bpe,
        decoder: { type: "Sequence", decoders: Array.from({ length: steps }, () => sixteenfold) },
      });
    expect((await decoding(2)).decode([0])).toBe("a".repeat(256));
    const many = Array.from({ length: 1000 }, () => 0); // what may come of a text grows with it
    expect((await decoding(1)).decode(many)).toHaveLength(16_000);
    const laughs = await decoding(8);
    expect(() => laughs.decode([0])).toThrow(decoded);
    expect(() => laughs.tokenBytes(0)).toThrow(decoded);
    expect(laughs.decode([1])).toBe("b");
  });
});

describe("what is refused, by name", () => {
  const step = (field: string, value: unknown) => ({ model: bpe, [field]: value });
  test.each<[string, object, RegExp]>([
    [
      "a mark of several characters",
      step("pre_tokenizer", { ...metaspace, replacement: "▁▁" }),
      /must be one character/,
    ],
    ["another normalizer", step("normalizer", { type: "BertNormalizer" }), /the normalizer "BertNormalizer"/],
    [
      "another regular expression",
      step("normalizer", { ...replace, pattern: { Regex: "a+" } }),
      /the regular expression "a\+"/,
    ],
    ["a Replace of nothing", step("normalizer", { ...replace, pattern: { String: "" } }), /broken: Replace: /],
    [
      "a table that is no base64",
      step("normalizer", { type: "Precompiled", precompiled_charsmap: "?" }),
      /broken: Precompiled: /,
    ],
    ["an empty table", step("normalizer", { type: "Precompiled", precompiled_charsmap: "" }), /cut off/],
    ["a table cut off", step("normalizer", { type: "Precompiled", precompiled_charsmap: "CAAAAAAAAAA=" }), /cut off/],
    ["another pre-tokenizer", step("pre_tokenizer", { type: "Digits" }), /the pre_tokenizer \(Digits\)/],
    [
      "a split at what is there",
      step("pre_tokenizer", { type: "Split", pattern: { String: " " }, behavior: "Removed" }),
      /Split at \{"String":" "\}/,
    ],
    [
      "a split at something else than the spaces that are gone",
      {
        normalizer: { type: "Replace", pattern: { String: " " }, content: "▁" },
        ...step("pre_tokenizer", { type: "Split", pattern: { String: "," }, behavior: "Removed" }),
      },
      /Split at \{"String":","\}/,
    ],
    ["another decoder", step("decoder", { type: "WordPiece" }), /the decoder "WordPiece"/],
    [
      "a regular expression in a decoder",
      step("decoder", { ...replace, pattern: { Regex: "a" } }),
      /a decoder's Replace/,
    ],
    ["truncation", step("truncation", {}), /"truncation"/],
    ["another post-processor", step("post_processor", { type: "New" }), /the post_processor "New"/],
    ["an unknown piece past the end", { model: { ...unigram, unk_id: 4 } }, /unk_id 4 is past the 4 pieces/],
    ["no unknown piece", { model: { ...unigram, unk_id: null } }, /unk_id/],
    ["no pieces", { model: { ...unigram, vocab: [] } }, /vocab/],
  ])("%s", async (_, file, message) => {
    await expect(loadJson(file)).rejects.toMatchObject({ code: "TOKENIZER_LOAD_FAILED" });
    await expect(loadJson(file)).rejects.toThrow(message);
  });

  test("a table of rules that is noise does no harm", async () => {
    for (let seed = 1; seed < 200; seed++) {
      const noise = Buffer.from(Array.from({ length: 64 + seed }, (_, i) => Math.imul(i + seed, 2_654_435_761) >>> 13));
      noise.writeUInt32LE(64 - 4 * (seed % 9));
      const normalizer = { type: "Precompiled", precompiled_charsmap: noise.toString("base64") };
      const tokenizer = await loadJson({ normalizer, model: unigram });
      expect(tokenizer.encode("aé\u0301 \r\n中b\0👩\u200d").length).toBeGreaterThan(0);
    }
  });
});

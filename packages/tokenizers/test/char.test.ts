import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { loadTokenizer } from "../src/load.js";
import { trainChar } from "../src/train-char.js";
import { trainTokenizer } from "../src/train-tokenizer.js";
import { describeTokenizer } from "./describe-tokenizer.js";
import { fixturePath } from "./fixture.js";
import { scratch } from "@trainer/testing";

/** The text, with [UNK] for what the tokenizer does not know. */
const known = (chars: ReadonlySet<string>, text: string) =>
  Array.from(text, (char) => (chars.has(char) ? char : "[UNK]")).join("");

const sample = "the to be\n é 中文 हिन्दी [EOS] ١٢ 👩‍👩‍👧";

describeTokenizer("characters", () => trainTokenizer("char", { texts: [sample], vocabSize: 0 }), {
  decoded: (_, text) => known(new Set(sample), text),
});
describeTokenizer("characters in NFC", () => trainChar({ texts: [sample], normalization: "NFC" }), {
  decoded: (_, text) =>
    /^(?:[\0-\u024f\u4e00-\u9fff]|\u0301)*$/.test(text) ? known(new Set(sample), text.normalize("NFC")) : null,
});
describeTokenizer("characters, as existing Python clients write them", () => loadTokenizer(fixturePath("char.json")), {
  decoded: (_, text) => known(new Set(" !,0159abcdhinoté中👍\n"), text),
});

test("special tokens come first, then the characters by code point", async () => {
  const tokenizer = await trainChar({ texts: ["b\u{1f44d}a", "\uffee9"] });
  const tokens = Array.from({ length: tokenizer.vocabSize }, (_, id) => tokenizer.token(id));
  expect(tokens).toEqual(["[PAD]", "[UNK]", "[BOS]", "[EOS]", "9", "a", "b", "\uffee", "\u{1f44d}"]);
  expect(tokenizer.specials).toEqual({ pad: 0, unk: 1, bos: 2, eos: 3 });
});

test("progress is told while it trains, and no more when it is trained", async () => {
  let told = 0;
  const { kind } = await trainChar({ texts: ["abc"], onProgress: () => (told += 1) });
  expect(kind).toBe("char");
  const sofar = told;
  expect(sofar).toBeGreaterThan(0);
  await new Promise((passed) => setTimeout(passed, 250));
  expect(told).toBe(sofar);
});

test("a special token that is spelled out is characters, and [UNK] is left out when decoding", async () => {
  const tokenizer = await trainChar({ texts: ["[EOS] ok"] });
  expect([...tokenizer.encode("o[EOS]k[", { specialTokens: true })].map((id) => tokenizer.token(id))).toEqual([
    "o",
    "[EOS]",
    "k",
    "[",
  ]);
  const ids = tokenizer.encode("[EOS]?");
  expect(Array.from(ids, (id) => tokenizer.token(id))).toEqual(["[", "E", "O", "S", "]", "[UNK]"]);
  expect(tokenizer.decode([...ids, 3])).toBe("[EOS]");
});

test("NFC is recorded in the file, and one without it has the keys that existing clients know alone", async () => {
  await using folder = await scratch();
  const keys = async (normalization: "none" | "NFC") => {
    const tokenizer = await trainChar({ texts: ["e\u0301"], normalization });
    await tokenizer.save(folder.path);
    expect(await loadTokenizer(folder.path)).toMatchObject({ normalization });
    expect(tokenizer.vocabSize).toBe(normalization === "NFC" ? 5 : 6);
    const file: unknown = JSON.parse(await readFile(join(folder.path, "tokenizer.json"), "utf8"));
    return Object.keys(z.looseObject({}).parse(file));
  };
  expect(await keys("none")).toEqual(["kind", "specials", "vocab"]);
  expect(await keys("NFC")).toEqual(["kind", "normalization", "specials", "vocab"]);
});

test("files and texts, in any number of parts and threads, give the same vocabulary", async () => {
  await using folder = await scratch();
  const prose = await readFile(fixturePath("prose.txt"), "utf8");
  const text = `${prose}${"中\u0301\r\n".repeat(9)}`.repeat(60); // more than one chunk
  const path = await folder.write("t.txt", text);
  const vocabulary = async (options: Parameters<typeof trainChar>[0]) => {
    const tokenizer = await trainChar(options);
    return Array.from({ length: tokenizer.vocabSize }, (_, id) => tokenizer.token(id)).slice(4);
  };
  const expected = [...new Set(text)].toSorted();
  expect(await vocabulary({ files: [path], threads: 3 })).toEqual(expected);
  expect(await vocabulary({ files: [path], unit: "file", threads: 1 })).toEqual(expected);
  expect(await vocabulary({ texts: text.split(/(?<=\n)/) })).toEqual(expected);
});

test("progress is told, up to the last byte", async () => {
  const seen: unknown[] = [];
  await trainChar({ files: [fixturePath("prose.txt")], onProgress: (p) => seen.push(p) });
  const { length } = await readFile(fixturePath("prose.txt"));
  expect(seen.at(-1)).toEqual({ phase: "count", bytes: length, totalBytes: length, merges: 0, totalMerges: 0 });
});

describe("bad input is refused, or does no harm", () => {
  test("nothing at all", async () => {
    await using folder = await scratch();
    const empty = await folder.write("empty.txt", "");
    await expect(trainChar({ files: [empty] })).rejects.toMatchObject({ code: "CORPUS_EMPTY" });
    await expect(trainChar({ texts: [] })).rejects.toMatchObject({ code: "CORPUS_EMPTY" });
    await expect(trainChar({})).rejects.toMatchObject({ code: "INVALID_INPUT" });
    await expect(trainChar({ files: [folder.path] })).rejects.toThrow("is not a file");
    await expect(Reflect.apply(trainChar, null, [{ texts: ["a"], normalization: "NFKC" }])).rejects.toThrow(
      "normalization must be none or NFC, not 'NFKC'",
    );
  });

  test("a file that cannot be read", async () => {
    await expect(trainChar({ files: ["/proc/self/mem"] })).rejects.toMatchObject({ code: "TOKENIZER_TRAIN_FAILED" });
  });

  test("binary data, and a megabyte on one line", async () => {
    await using folder = await scratch();
    const bytes = Uint8Array.from({ length: 4 << 20 }, (_, i) => (i * 2_654_435_761) >>> 13);
    const tokenizer = await trainChar({ files: [await folder.write("binary", bytes)], normalization: "NFC" });
    expect(tokenizer.encodeBytes(bytes)).not.toContain(1);
    expect(tokenizer.decode(tokenizer.encode("\ufffd"))).toBe("\ufffd");
  });

  test("cancelled before, and while it reads", async () => {
    const cancelled = { code: "CANCELLED" };
    await expect(trainChar({ texts: ["a"], signal: AbortSignal.abort() })).rejects.toMatchObject(cancelled);
    const controller = new AbortController();
    async function* texts() {
      for (;;) {
        yield { bytes: new Uint8Array(1 << 20), ends: Float64Array.of(1 << 20) };
        controller.abort();
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    await expect(trainChar({ texts: texts(), signal: controller.signal })).rejects.toMatchObject(cancelled);
  });

  const good = { kind: "char", specials: ["[UNK]"], vocab: { "[UNK]": 0, a: 1 } };
  test.each<[string, object, RegExp]>([
    ["a key that is not known", { ...good, unit: "grapheme" }, /Unrecognized key: "unit"/],
    ["another normalization", { ...good, normalization: "NFKC" }, /NFC/],
    ["a special token that is not there", { ...good, specials: ["[PAD]"] }, /"\[PAD\]" is not in the vocabulary/],
    ["no token for the unknown", { ...good, specials: [], vocab: { a: 0 } }, /there is no \[UNK\]/],
    ["two tokens with one id", { ...good, vocab: { "[UNK]": 0, a: 0 } }, /"a" and "\[UNK\]" have the same id/],
    ["an id past the end", { ...good, vocab: { "[UNK]": 0, a: 2 } }, /"a" has the id 2, but there are only 2/],
    ["an id that is no number", { ...good, vocab: { "[UNK]": "0" } }, /must map each token/],
  ])("%s in a file", async (_, file, message) => {
    await using folder = await scratch();
    const path = await folder.write("tokenizer.json", JSON.stringify(file));
    await expect(loadTokenizer(path)).rejects.toMatchObject({ code: "TOKENIZER_LOAD_FAILED" });
    await expect(loadTokenizer(path)).rejects.toThrow(message);
  });

  test("a folder in the place of the file to be saved", async () => {
    await using folder = await scratch();
    await mkdir(join(folder.path, "tokenizer.json/x"), { recursive: true });
    await expect((await trainChar({ texts: ["a"] })).save(folder.path)).rejects.toThrow("EISDIR");
  });
});

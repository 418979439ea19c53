import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { loadTokenizer, trainBpe, trainTokenizer, type Tokenizer } from "@trainer/tokenizers";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openCorpus } from "../corpus/corpus.js";
import { documentsOf } from "../corpus/document-batch.js";
import { splitDocuments } from "../corpus/split-documents.js";
import { planSplit } from "../corpus/split-plan.js";
import { TokenizerManifest } from "./manifest.js";
import { contentId, saveTokenizer } from "./save-tokenizer.js";
import { skippedWarning } from "./skipped-lines.js";
import { trainOnCorpus } from "./train-on-corpus.js";

let folder = "";
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "tokenizer-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const LINES = Array.from({ length: 200 }, (_, i) => `line ${i} of ${"abcdefghij"[i % 10]?.repeat(3)} words`);
const fifth = { holdoutFraction: 0.2, testSplitRatio: 0, seed: 7 };
const nothing = { holdoutFraction: 0, testSplitRatio: 0, seed: 7 };
const bpe = { method: "bpe", vocabSize: 300, minFrequency: 2 } as const;

async function corpusOf(document: "line" | "paragraph" | "file", name = "corpus.txt", text = LINES.join("\n")) {
  const path = join(folder, name);
  writeFileSync(path, name.endsWith(".gz") ? gzipSync(text) : text);
  return openCorpus(path, { document });
}

async function savedAs(tokenizer: Tokenizer): Promise<string> {
  await tokenizer.save(folder);
  return readFileSync(join(folder, "tokenizer.json"), "utf8");
}

test("what is held back is not trained on, and is what the statistics are of", async () => {
  const corpus = await corpusOf("line");
  const { tokenizer, manifest } = await trainOnCorpus(corpus, { ...bpe, split: fifth });
  const texts: { train: string[]; validation: string[] } = { train: [], validation: [] };
  for await (const batch of splitDocuments(corpus, await planSplit(corpus, fifth)))
    if (batch.split !== "test") texts[batch.split].push(...[...documentsOf(batch)].map(String));
  expect(texts.validation).toHaveLength(40);
  expect(await savedAs(tokenizer)).toBe(await savedAs(await trainBpe({ ...bpe, texts: texts.train })));
  expect(manifest).toMatchObject({
    config: { method: "bpe", vocab_size: 300, min_frequency: 2, holdout_fraction: 0.2, seed: 7 },
    stats: {
      coverage: 1,
      oov_rate: 0,
      char_coverage: 1,
      sample_lines: 40,
      token_count: texts.validation.reduce((sum, text) => sum + tokenizer.encode(text).length, 0),
    },
  });
  expect(manifest.config.special_tokens).toEqual(["[PAD]", "[UNK]", "[BOS]", "[EOS]"]);
  expect(Math.abs(Date.now() / 1000 - manifest.created_at)).toBeLessThan(60); // Unix seconds
});

test.each([
  ["line", "corpus.txt", "line"],
  ["file", "corpus.txt", "file"],
  ["file", "corpus.txt.gz", "file"],
  ["paragraph", "corpus.txt", "file"],
] as const)("without a split, a corpus of a %s in %s is trained on whole", async (document, name, unit) => {
  const plain = await corpusOf("line");
  const expected = await trainBpe({ ...bpe, files: plain.files.map(({ path }) => path), unit });
  const { tokenizer, manifest } = await trainOnCorpus(await corpusOf(document, name), { ...bpe, split: nothing });
  expect(await savedAs(tokenizer)).toBe(await savedAs(expected));
  expect(manifest.stats?.sample_lines).toBe(200);
});

test("of a tokenizer of characters the manifest says what it has, not what it leaves out of account", async () => {
  const { tokenizer, manifest } = await trainOnCorpus(await corpusOf("file"), {
    ...bpe,
    method: "char",
    split: nothing,
  });
  expect(manifest.config).not.toHaveProperty("vocab_size");
  expect(manifest.config).not.toHaveProperty("min_frequency");
  expect(manifest.stats).toMatchObject({
    coverage: 1,
    oov_rate: 0,
    char_coverage: 1,
    token_count: tokenizer.vocabSize,
  });
});

test("SentencePiece is told its own options; of a large corpus it gets a sample", async () => {
  const corpus = await corpusOf("line");
  const options = { ...bpe, method: "sentencepiece", vocabSize: 60, split: fifth } as const;
  const { tokenizer, manifest } = await trainOnCorpus(corpus, { ...options, sentencepiece: { byteFallback: false } });
  expect(tokenizer.kind).toBe("sentencepiece");
  expect(manifest.config).toMatchObject({ vocab_size: 60, sentencepiece: { byte_fallback: false } });
  expect(manifest.config.special_tokens).toEqual(["[UNK]", "[BOS]", "[EOS]"]);
  const large = await trainOnCorpus({ ...corpus, totalBytes: 2 ** 30 }, options);
  expect(large.manifest.config).toMatchObject({ sentencepiece: { input_sentence_size: 2_000_000 } });
});

test("the sample is bounded, and the same each time", async () => {
  const corpus = await corpusOf("line");
  const all = await Promise.all(
    [1, 1, 2].map((seed) => trainOnCorpus(corpus, { ...bpe, sampleLines: 5, split: { ...nothing, seed } })),
  );
  const stats = all.map(({ manifest }) => manifest.stats);
  expect(stats[0]?.sample_lines).toBe(5);
  expect(stats[0]).toEqual(stats[1]);
});

test("training can be watched and stopped, on as many threads as it is told", async () => {
  const corpus = await corpusOf("file");
  const phases = new Set<string>();
  await trainOnCorpus(corpus, { ...bpe, threads: 1, split: nothing, onProgress: ({ phase }) => phases.add(phase) });
  expect([...phases]).toContain("merge");
  const signal = AbortSignal.abort();
  await expect(trainOnCorpus(corpus, { ...bpe, split: nothing, signal })).rejects.toMatchObject({ code: "CANCELLED" });
});

test("a tokenizer lies whole in its folder, with a manifest that can be read; an equal one stays", async () => {
  const trained = await trainOnCorpus(await corpusOf("line"), { ...bpe, split: fifth });
  const id = await contentId(trained.tokenizer);
  expect(id).toMatch(/^bpe-300-[0-9a-f]{12}$/);
  const dir = join(folder, "tokenizers", id);
  await saveTokenizer(dir, trained);
  await saveTokenizer(dir, { ...trained, manifest: { ...trained.manifest, created_at: 0 } });
  expect(readdirSync(join(folder, "tokenizers"))).toEqual([id]);
  expect(TokenizerManifest.parse(JSON.parse(readFileSync(join(dir, "manifest.json"), "utf8")))).toEqual(
    trained.manifest,
  );
  expect((await loadTokenizer(dir)).vocabSize).toBe(300);
});

test("a vocabulary is that of the text, whatever line ends, marks, damage and packing its file has", async () => {
  const damage = { "\u0001": Buffer.of(0xff), "\u0002": Buffer.of(0xe2, 0x82) }; // each reads as one U+FFFD
  const piece = fc.oneof(
    fc.constantFrom("the king ", "the queen ", "and the ", "é ", "日本 ", " ", "\u0001", "\u0002"),
    fc.constantFrom("\n", "\r\n", "\r", "\n\n", "\r\n\r\n"),
  );
  const written = fc.record({
    pieces: fc.array(piece, { minLength: 30, maxLength: 200 }),
    mark: fc.boolean(),
    name: fc.constantFrom("a.txt", "a.txt.gz", "b.log"),
    document: fc.constantFrom("line", "paragraph", "file"),
    method: fc.constantFrom("bpe", "char"),
  });
  const clean = "the king and the queen ".repeat(100); // so that no file is too damaged to be text
  await fc.assert(
    fc.asyncProperty(written, async ({ pieces, mark, name, document, method }) => {
      const bytes = pieces.map((each) => (each === "\u0001" || each === "\u0002" ? damage[each] : Buffer.from(each)));
      const content = Buffer.concat([Buffer.from(mark ? "\uFEFF" : ""), Buffer.from(`${clean}\n`), ...bytes]);
      const path = join(folder, name);
      writeFileSync(path, name.endsWith(".gz") ? gzipSync(content) : content);
      const text = `${clean}\n${pieces.join("")}`.replaceAll("\u0001", "\uFFFD").replaceAll("\u0002", "\uFFFD");
      const settings = { vocabSize: 300, minFrequency: 2, split: nothing };
      const { tokenizer, manifest } = await trainOnCorpus(await openCorpus(path, { document }), {
        ...settings,
        method,
      });
      const expected = await trainTokenizer(method, { ...settings, texts: documentsIn(text, document) });
      expect(await savedAs(tokenizer)).toBe(await savedAs(expected));
      const damaged = pieces.filter((each) => each === "\u0001" || each === "\u0002").length;
      expect(manifest.left_out?.characters.count).toBe(damaged);
    }),
    { numRuns: 60 },
  );
});

/** The documents of a text, by the rule in words. */
function documentsIn(text: string, document: "line" | "paragraph" | "file"): string[] {
  if (document === "file") return [text];
  if (document === "line")
    return text
      .split(/\r\n|\n|\r/)
      .map((line) => line.trim())
      .filter((line) => line !== "");
  const paragraphs = text.split(/\n(?:\s*\n)+/);
  return paragraphs.map((each) => each.replace(/\n\s*$/, "").replace(/\r$/, "")).filter((each) => each.trim() !== "");
}

test("of a text too short to hold anything back, all is measured", async () => {
  const short = await corpusOf("line", "short.txt", LINES.slice(0, 2).join("\n"));
  const { manifest } = await trainOnCorpus(short, { ...bpe, split: { ...fifth, holdoutFraction: 0.01 } });
  expect(manifest.stats).toMatchObject({ sample_lines: 2, coverage: 1 });
});

test("a tokenizer that cannot be placed is said, and nothing of it is left", async () => {
  const trained = await trainOnCorpus(await corpusOf("line"), { ...bpe, split: nothing });
  const dir = join(folder, "tokenizer");
  writeFileSync(dir, "a file");
  await expect(saveTokenizer(dir, trained)).rejects.toThrow("ENOTDIR");
  expect(readdirSync(folder).toSorted()).toEqual(["corpus.txt", "tokenizer"]);
});

test("lines that SentencePiece does not learn from are in the manifest, and told with the option that takes them", async () => {
  const text = [...LINES, "x".repeat(5000), "a \u2585 b"].join("\n");
  const { manifest } = await trainOnCorpus(await corpusOf("line", "odd.txt", text), {
    ...bpe,
    method: "sentencepiece",
    vocabSize: 60,
    split: nothing,
  });
  const { skipped_lines: skipped } = TokenizerManifest.parse(JSON.parse(JSON.stringify(manifest)));
  expect(skipped).toMatchObject({ max_sentence_length: 4192, too_long: 1, too_long_bytes: 5000, reserved: 1 });
  expect(skippedWarning(skipped, "--longest")).toMatch(
    /^SentencePiece did not learn from 1 lines \(\d\d\.\d+ % of the bytes\), which are longer than 4192 bytes: a greater --longest takes them; nor from 1 lines \(0\.\d+ % of the bytes\) with the character U\+2585/,
  );
  expect(skippedWarning(SHORT, "--longest")).not.toContain("--longest");
  expect(skippedWarning({ ...SHORT, too_long: 2, too_long_bytes: 99_999, reserved: 0 }, "-l")).toBe(
    "SentencePiece did not learn from 2 lines (99.99 % of the bytes), which are longer than 9 bytes: a greater -l takes them",
  );
  expect(skippedWarning(undefined, "--longest")).toBeNull();
});

const SHORT = {
  bytes: 100_000,
  max_sentence_length: 9,
  too_long: 0,
  too_long_bytes: 0,
  reserved: 1,
  reserved_bytes: 7,
};

test("a tokenizer of characters has those that the template of conversations writes", async () => {
  const path = join(folder, "chats.jsonl");
  writeFileSync(path, JSON.stringify({ prompt: "Where?", completion: "There." }));
  const corpus = await openCorpus(path, { document: "file", records: "auto" });
  const { tokenizer } = await trainOnCorpus(corpus, { method: "char", vocabSize: 300, split: nothing });
  const written = "User: Where?\nAssistant: There.\n";
  expect(tokenizer.decode(tokenizer.encode(written))).toBe(written);
  const bpeOfTurns = await trainOnCorpus(corpus, { ...bpe, split: nothing });
  expect(bpeOfTurns.tokenizer.encode("<|im_end|>", { specialTokens: true })).toHaveLength(1);
  expect(bpeOfTurns.tokenizer.encode("<|im_end|>").length).toBeGreaterThan(1);
});

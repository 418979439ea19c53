import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { appendFile, mkdir, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { containing } from "@trainer/testing";
import { NO_FRAME, trainChar, type Frame } from "@trainer/tokenizers";
import { expect, test } from "vitest";
import { z } from "zod";
import { openCorpus } from "../corpus/corpus.js";
import { leftOutSentences } from "../corpus/left-out.js";
import type { DocumentMode } from "../corpus/cut-documents.js";
import { SPLITS } from "../corpus/held-out.js";
import { planSplit } from "../corpus/split-plan.js";
import { temporaryFolder } from "../home/temporary-folder.js";
import { HEADER_BYTES, type BinDType } from "./bin-format.js";
import type { BinTokenizer, EncodedDocuments } from "./bin-tokenizer.js";
import { buildBins, type BinsProgress, type BuildBinsOptions } from "./build-bins.js";
import type { TokenBin } from "./token-bin.js";

const FIRST = 4; // ids 0 to 3 are special, a byte is an id above

/** Every byte a token. */
class ByteTokenizer implements BinTokenizer {
  readonly specials: { eos: number | null; unk: null };
  frame: Frame = NO_FRAME;
  encoded = 0;
  threads: number | undefined;

  constructor(
    readonly vocabSize = 260,
    eos: number | null = 3,
  ) {
    this.specials = { eos, unk: null };
  }

  encodeBatch(
    { bytes, ends }: { bytes: Uint8Array; ends: Uint32Array },
    { dtype, eos, threads }: { dtype: BinDType; eos: number | null; threads?: number },
  ): Promise<EncodedDocuments> {
    this.threads = threads;
    const ids: number[] = [];
    const counts: number[] = [];
    let start = 0;
    for (const end of ends) {
      for (const byte of bytes.subarray(start, end)) ids.push(byte + FIRST);
      if (eos !== null) ids.push(eos);
      counts.push(end - start + (eos === null ? 0 : 1));
      start = end;
    }
    this.encoded += ids.length;
    const typed = dtype === "uint16" ? Uint16Array.from(ids) : Uint32Array.from(ids);
    return Promise.resolve({ ids: typed, counts: Uint32Array.from(counts), specialTokens: 0 });
  }

  decode(ids: Iterable<number>): string {
    return Buffer.from(Array.from(ids, (id) => id - FIRST)).toString();
  }

  async save(folder: string): Promise<void> {
    await writeFile(join(folder, "tokenizer.json"), JSON.stringify([this.vocabSize, this.specials]));
  }
}

const tenth = { holdoutFraction: 0.1, testSplitRatio: 0.1, seed: 1 };
const none = { holdoutFraction: 0, testSplitRatio: 0, seed: 1 };
const lines = Array.from({ length: 200 }, (_, i) => `line ${i}`);

/** A folder with the file `text.txt`, and the options to make its bins with. */
async function prepare(text: string | Uint8Array, document: DocumentMode = "line") {
  const folder = await temporaryFolder();
  const path = join(folder.path, "text.txt");
  await writeFile(path, text);
  const corpus = await openCorpus(path, { document });
  const options = { corpus, tokenizer: new ByteTokenizer(), split: tenth, cacheDir: join(folder.path, "bins") };
  return { folder, path, options };
}

const anyFunction: unknown = expect.any(Function);
const disposable = { [Symbol.dispose]: anyFunction };

/** The sets in a folder of bins, apart from the notes on who reads them. */
const setsIn = async (dir: string) => (await readdir(dir)).filter((name) => !name.startsWith(".in-use-"));

/** The documents of a bin, separated by the id 3. */
async function decode(bin: TokenBin): Promise<string[]> {
  const bytes = Uint8Array.from((await readFile(bin.path)).subarray(HEADER_BYTES)).buffer;
  const ids = bin.dtype === "uint16" ? new Uint16Array(bytes) : new Uint32Array(bytes);
  expect(ids.length).toBe(bin.tokens);
  const documents: number[][] = [[]];
  for (const id of ids) {
    if (id === 3) documents.push([]);
    else documents.at(-1)?.push(id - FIRST);
  }
  expect(documents.pop()).toEqual([]);
  expect(documents.length).toBe(bin.documents);
  return documents.map((document) => Buffer.from(document).toString());
}

test("every document is in the bin of its split, followed by the end-of-text id, and counted", async () => {
  const { folder, options } = await prepare(lines.join("\n"));
  await using _ = folder;
  const bins = await buildBins(options);
  const [train, validation, test] = [bins.train, bins.validation ?? bins.train, bins.test ?? bins.train];
  const documents = [await decode(train), await decode(validation), await decode(test)];
  expect(documents.map((split) => split.length)).toEqual([160, 20, 20]);
  expect(documents.flat().toSorted()).toEqual(lines.toSorted());
  for (const [i, split] of SPLITS.entries()) {
    const bytes = documents[i]?.join("").length ?? 0;
    const count = documents[i]?.length ?? 0;
    const whole = { characters: bytes, loss: { bytes: 0, unknown_tokens: 0, characters: [] } };
    const measured = split === "train" ? null : whole;
    expect(bins.counts[split]).toEqual({ documents: count, bytes, tokens: bytes + count, measured });
    expect(bins[split]).toMatchObject({ ...bins.counts[split], dtype: "uint16" });
  }
  expect(bins).toMatchObject({ cached: false, splitBy: "document" });
  expect(leftOutSentences(bins.leftOut)).toEqual([]);
  expect(bins.dir).toBe(join(options.cacheDir, bins.key));
});

test("special tokens that a text spells are text, and end documents where they are let through, in bins of their own", async () => {
  const { folder, options } = await prepare(lines.map((line) => `${line}[EOS]and more`).join("\n"));
  await using _ = folder;
  const tokenizer = await trainChar({ texts: ["[EOS] and more line 0123456789"] });
  const eosIn = async ({ path }: TokenBin) => {
    const bytes = Uint8Array.from((await readFile(path)).subarray(HEADER_BYTES)).buffer;
    return new Uint16Array(bytes).filter((id) => id === 3).length;
  };
  const text = await buildBins({ ...options, tokenizer, split: none });
  expect([await eosIn(text.train), text.specialTokens]).toEqual([200, 0]);
  const through = await buildBins({ ...options, tokenizer, split: none, specialTokens: true });
  expect([await eosIn(through.train), through.specialTokens]).toEqual([400, 200]);
  const again = await buildBins({ ...options, tokenizer, split: none, specialTokens: true });
  expect(again).toEqual({ ...through, ...disposable, cached: true });
});

test("documents have around them what the tokenizer's template says, or what is asked for, in bins of their own", async () => {
  const { folder, options } = await prepare(["a", "bc"].join("\n"));
  await using _ = folder;
  const { tokenizer } = options;
  const made = async (frame: Frame | undefined) => {
    const { train, cached, key } = await buildBins({ ...options, split: none, frame });
    const bytes = Uint8Array.from((await readFile(train.path)).subarray(HEADER_BYTES)).buffer;
    return { ids: Array.from(new Uint16Array(bytes)), cached, key };
  };
  const [a, b, c] = [101, 102, 103];
  const plain = await made(undefined);
  expect(plain.ids).toEqual([a, 3, b, c, 3]);
  tokenizer.frame = { before: [2], after: [] };
  const framed = await made(undefined);
  expect(framed).toMatchObject({ ids: [2, a, 3, 2, b, c, 3], cached: false });
  expect(await made({ before: [2], after: [] })).toMatchObject({ cached: true, key: framed.key });
  expect(await made(NO_FRAME)).toMatchObject({ ids: plain.ids, cached: true });
  expect((await made({ before: [2, 1], after: [0] })).ids).toEqual([2, 1, a, 0, 2, 1, b, c, 0]);
  expect((await made({ before: [3], after: [] })).ids).toEqual([3, a, 3, b, c, 3]);
});

test("bins are made once: the second time they are found, whatever the corpus is called", async () => {
  const { folder, path, options } = await prepare(lines.join("\n"));
  await using _ = folder;
  const made = await buildBins(options);
  const { encoded } = options.tokenizer;
  expect(await buildBins(options)).toEqual({ ...made, ...disposable, cached: true });
  await writeFile(`${path}.copy`, lines.join("\n"));
  const copy = await openCorpus(`${path}.copy`, { document: "line" });
  expect((await buildBins({ ...options, corpus: copy })).cached).toBe(true);
  expect(options.tokenizer.encoded).toBe(encoded);
});

test("another text, tokenizer, split or kind of document has other bins", async () => {
  const { folder, path, options } = await prepare(lines.join("\n"));
  await using _ = folder;
  const keys = new Set([(await buildBins(options)).key]);
  const also = async (change: Partial<BuildBinsOptions>) => {
    const { cached, key } = await buildBins({ ...options, ...change });
    expect(cached).toBe(false);
    keys.add(key);
  };
  await also({ split: { ...tenth, seed: 2 } });
  await also({ split: { ...tenth, dedup: "exact" } });
  expect((await buildBins({ ...options, split: { ...tenth, dedup: "none" } })).cached).toBe(true);
  await also({ split: { ...tenth, holdoutFraction: 0.2 } });
  await also({ split: { ...tenth, testSplitRatio: 0 } });
  await also({ tokenizer: new ByteTokenizer(261) });
  await also({ corpus: await openCorpus(path, { document: "file" }) });
  await appendFile(path, "\nmore");
  await also({ corpus: await openCorpus(path, { document: "line" }) });
  expect(keys.size).toBe(8);
});

test("bins that are damaged, unfinished or another's are made again", async () => {
  const { folder, options } = await prepare(lines.join("\n"));
  await using _ = folder;
  const { dir, validation } = await buildBins(options);
  const sound = await readFile(join(dir, "validation.bin"));
  const damages = [
    async () => {
      const bytes = Buffer.from(sound);
      bytes.writeUInt8(bytes.readUInt8(sound.length - 1) ^ 1, sound.length - 1);
      await writeFile(join(dir, "validation.bin"), bytes);
    },
    () => truncate(join(dir, "train.bin"), HEADER_BYTES + 10),
    () => truncate(join(dir, "train.bin"), 10),
    () => rm(join(dir, "test.bin")),
    () => rm(join(dir, "manifest.json")),
    () => truncate(join(dir, "manifest.json"), 20),
    () => writeFile(join(dir, "manifest.json"), "{}"),
    async () => writeFile(join(dir, "test.bin"), await readFile(join(dir, "train.bin"))),
    async () => {
      const manifest = await readFile(join(dir, "manifest.json"), "utf8");
      await writeFile(join(dir, "manifest.json"), manifest.replace(/"key": "./, '"key": "x'));
    },
  ];
  for (const damage of damages) {
    await damage();
    const again = await buildBins(options);
    expect(again.cached).toBe(false);
    expect(again.validation).toEqual(validation);
    expect(await readFile(join(dir, "validation.bin"))).toEqual(sound);
    expect((await buildBins(options)).cached).toBe(true);
  }
  expect(await setsIn(options.cacheDir)).toEqual([join(dir).slice(options.cacheDir.length + 1)]);
});

test("a document larger than a batch is encoded in pieces and ends once", async () => {
  const text = "word ".repeat(2_000_000);
  const { folder, options } = await prepare(text, "file");
  await using _ = folder;
  const bins = await buildBins({ ...options, split: none });
  expect(bins.counts.train).toEqual({ documents: 1, bytes: text.length, tokens: text.length + 1, measured: null });
  const { train } = await buildBins({ ...options, split: none, measureTraining: true });
  expect(train).toMatchObject({ tokens: text.length + 1, measured: { characters: text.length, loss: { bytes: 0 } } });
  expect((await decode(bins.train))[0] === text).toBe(true);
  expect([bins.validation, bins.test, bins.splitBy]).toEqual([null, null, "nothing"]);
  expect(bins.counts.test).toEqual({ documents: 0, tokens: 0, bytes: 0, measured: null });
});

test("without an end-of-text id documents follow each other, also in pieces", async () => {
  const text = "word ".repeat(2_000_000);
  const { folder, options } = await prepare(text, "file");
  await using _ = folder;
  const bins = await buildBins({ ...options, split: none, tokenizer: new ByteTokenizer(260, null), threads: 1 });
  expect(bins.counts.train).toMatchObject({ documents: 1, bytes: text.length, tokens: text.length });
  const held = await prepare(lines.join("\n"));
  await using __ = held.folder;
  const { counts } = await buildBins({ ...held.options, tokenizer: new ByteTokenizer(260, null) });
  const { bytes, tokens, measured } = counts.validation;
  expect(tokens).toBe(bytes);
  expect(measured).toEqual({ characters: bytes, loss: { bytes: 0, unknown_tokens: 0, characters: [] } });
});

test("a vocabulary above 65536 takes four bytes an id", async () => {
  const { folder, options } = await prepare(lines.join("\n"));
  await using _ = folder;
  const bins = await buildBins({ ...options, tokenizer: new ByteTokenizer(65_537) });
  expect(bins.train.dtype).toBe("uint32");
  expect((await decode(bins.train)).length).toBe(160);
});

test("a text is encoded with the threads asked for, or as many as the tokenizer takes by itself", async () => {
  const { folder, options } = await prepare(lines.join("\n"));
  await using _ = folder;
  const { tokenizer } = options;
  await buildBins({ ...options, threads: 3 });
  expect(tokenizer.threads).toBe(3);
  await buildBins({ ...options, split: none });
  expect(tokenizer.threads).toBeUndefined();
});

test("a plan made before saves the pass that makes it", async () => {
  const { folder, options } = await prepare(lines.join("\n"));
  await using _ = folder;
  const plan = await planSplit(options.corpus, tenth);
  const phases = new Set<string>();
  const bins = await buildBins({
    ...options,
    plan: () => Promise.resolve(plan),
    onProgress: ({ phase }) => phases.add(phase),
  });
  expect([...phases]).toEqual(["hash", "encode"]);
  expect((await buildBins(options)).key).toBe(bins.key);
});

test("progress goes through the phases, each to the corpus's size", async () => {
  const { folder, options } = await prepare(Array.from({ length: 500_000 }, (_, i) => `line ${i}`).join("\n"));
  await using _ = folder;
  const last = new Map<string, BinsProgress>();
  let tokens = 0;
  await buildBins({
    ...options,
    onProgress(progress) {
      expect(progress.bytes).toBeGreaterThanOrEqual(last.get(progress.phase)?.bytes ?? 0);
      tokens = Math.max(tokens, progress.tokens);
      last.set(progress.phase, progress);
    },
  });
  expect([...last.keys()]).toEqual(["hash", "split", "encode"]);
  for (const { bytes, totalBytes } of last.values()) expect(bytes).toBe(totalBytes);
  expect(tokens).toBeGreaterThan(1_000_000);
  expect(last.get("encode")?.tokensPerSec).toBeGreaterThan(0);
});

test("characters that were replaced are counted in what is made and in what is found", async () => {
  const { folder, options } = await prepare(Buffer.from(`${lines.join("\n")}\nd\u00e9j\u00e0 vu`, "latin1"));
  await using _ = folder;
  for (const cached of [false, true]) {
    const bins = await buildBins(options);
    expect(bins.cached).toBe(cached);
    const [sentence = ""] = leftOutSentences(bins.leftOut);
    expect(sentence).toMatch(
      /^2 characters are not UTF-8 and became U\+FFFD: 2 in .*text\.txt \(0\.\d % of its bytes\)$/,
    );
  }
});

test("bins of which it is not known in what files characters were replaced are made again, others are not", async () => {
  const { folder, options } = await prepare(Buffer.from(`${lines.join("\n")}\nd\u00e9j\u00e0 vu`, "latin1"));
  await using _ = folder;
  const { dir, leftOut } = await buildBins(options);
  const path = join(dir, "manifest.json");
  const withoutLosses = async (replaced: number) => {
    const manifest = z.looseObject({}).parse(JSON.parse(await readFile(path, "utf8")));
    await writeFile(path, JSON.stringify({ ...manifest, losses: undefined, replaced_characters: replaced }));
  };
  await withoutLosses(2);
  expect(await buildBins(options)).toMatchObject({ cached: false, leftOut });
  await withoutLosses(0);
  expect((await buildBins(options)).cached).toBe(true);
});

test("two that make the same bins at once both get them", async () => {
  const { folder, options } = await prepare(lines.join("\n"));
  await using _ = folder;
  const [a, b] = await Promise.all([buildBins(options), buildBins({ ...options, tokenizer: new ByteTokenizer() })]);
  expect({ ...a, cached: false }).toEqual({ ...b, ...disposable, cached: false });
  expect(await setsIn(options.cacheDir)).toEqual([a.key]);
  expect((await decode(a.train)).length).toBe(160);
});

test("what is aborted, or fails while more is being read, leaves nothing behind", async () => {
  const { folder, options } = await prepare("some words of text\n".repeat(700_000), "file");
  await using _ = folder;
  const abort = new AbortController();
  const onProgress = ({ phase }: BinsProgress) => phase === "encode" && abort.abort(new Error("enough"));
  await expect(buildBins({ ...options, signal: abort.signal, onProgress })).rejects.toThrow("enough");
  const tokenizer = new ByteTokenizer();
  tokenizer.encodeBatch = () => Promise.reject(new Error("no memory"));
  await expect(buildBins({ ...options, tokenizer })).rejects.toThrow("no memory");
  expect(await setsIn(options.cacheDir)).toEqual([]);
});

/** Files below a folder that this process has open. */
const openBelow = (folder: string) =>
  readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
    } catch {
      return false; // closed meanwhile
    }
  });

test.skipIf(!existsSync("/proc/self/fd"))("no file stays open, whether bins are made or not", async () => {
  const { folder, options } = await prepare(lines.join("\n"));
  await using _ = folder;
  let open = 0;
  const onProgress = () => (open = Math.max(open, openBelow(options.cacheDir).length));
  await buildBins({ ...options, onProgress });
  const tokenizer = new ByteTokenizer(261);
  tokenizer.encodeBatch = () => Promise.reject(new Error("no memory"));
  await expect(buildBins({ ...options, tokenizer })).rejects.toThrow("no memory");
  expect([open, openBelow(folder.path)]).toEqual([3, []]);
});

test("a corpus that changes while it is encoded gives no bins", async () => {
  const { folder, path, options } = await prepare(lines.join("\n"));
  await using _ = folder;
  const plan = await planSplit(options.corpus, tenth);
  await options.corpus.sha256();
  await appendFile(path, "\none more");
  await expect(buildBins({ ...options, plan: () => Promise.resolve(plan) })).rejects.toThrow(
    /text\.txt changed while it was being read/,
  );
  expect(await setsIn(options.cacheDir)).toEqual([]);
});

test("a blank corpus, and a split too short to predict anything, are refused", async () => {
  const blank = await prepare(" \n".repeat(40_000));
  await using _ = blank.folder;
  await expect(buildBins({ ...blank.options, split: none })).rejects.toThrow(/there is no text in/);
  const short = await prepare("a");
  await using __ = short.folder;
  const tokenizer = new ByteTokenizer(260, null);
  await expect(buildBins({ ...short.options, split: none, tokenizer })).rejects.toMatchObject({
    code: "INVALID_INPUT",
    message: containing("the train split has 1 token(s); there must be at least two"),
  });
});

test("a folder that cannot be written to is said", async () => {
  const { folder, path, options } = await prepare(lines.join("\n"));
  await using _ = folder;
  await expect(buildBins({ ...options, cacheDir: path })).rejects.toThrow(/EEXIST|ENOTDIR/);
  await mkdir(options.cacheDir);
  expect((await buildBins(options)).cached).toBe(false);
});

test("copies are in no bin, and what is told of them is the same of bins made before", async () => {
  const { folder, options } = await prepare([...lines, ...lines].join("\n"));
  await using _ = folder;
  const asked = { ...options, split: { ...tenth, dedup: "exact" } } as const;
  const made = await buildBins(asked);
  expect(SPLITS.reduce((sum, split) => sum + made.counts[split].documents, 0)).toBe(200);
  expect(made.leftOut.copies?.exact.documents).toBe(200);
  const again = await buildBins(asked);
  expect([again.cached, again.leftOut]).toEqual([true, made.leftOut]);
});

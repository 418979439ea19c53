import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { aNumber, aString, containing, withFields } from "@trainer/testing";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { commandLine } from "./command-line.js";
import { corpusFolder, corpusText, TINY } from "./corpus.js";

const shared = { folder: "", corpus: "", home: "" };
const { trainer, json } = commandLine(() => shared.home);

beforeAll(async () => {
  const { folder, corpus } = await corpusFolder();
  Object.assign(shared, { folder, corpus, home: join(folder, "home") });
});

test("a tokenizer is trained, shown, and encodes and decodes back", async () => {
  const out = join(shared.folder, "tokenizer");
  const { last } = await json(["tokenizer", "train", shared.corpus, "--vocab-size", "320", "--out", out]);
  expect(last).toMatchObject({ tokenizer_id: "tokenizer", path: out, vocab_size: 320, seconds: aNumber });
  expect(JSON.parse(await readFile(join(out, "manifest.json"), "utf8"))).toMatchObject({
    config: { vocab_size: 320, min_frequency: 2 },
    stats: { coverage: 1, oov_rate: 0, char_coverage: 1 },
  });

  const text = "the cat sees\n\nnaïve 🙂\n";
  const plain = await trainer(["tokenizer", "encode", out], { stdin: text });
  const { values } = await json(["tokenizer", "encode", out], { stdin: text });
  expect(z.array(z.array(z.int())).parse(values)).toHaveLength(3);
  expect((await trainer(["tokenizer", "decode", out], { stdin: plain.stdout })).stdout).toBe(text);
  const arrays = values.map((each) => `${JSON.stringify(each)}\n`).join("");
  expect((await trainer(["tokenizer", "decode", out], { stdin: arrays })).stdout).toBe(text);
  const file = await trainer(["tokenizer", "encode", out, "--path", shared.corpus]);
  expect((await trainer(["tokenizer", "encode", out, "--file", shared.corpus])).stdout).toBe(file.stdout);
  expect(file.stdout.split("\n")).toHaveLength(corpusText.split("\n").length);

  expect((await json(["tokenizer", "encode", out], { stdin: "a[EOS]" })).last).not.toContain(3);
  const through = await trainer(["tokenizer", "encode", out, "--special-tokens"], { stdin: "[EOS][BOS]" });
  expect(through).toMatchObject({ stdout: "3 2\n", stderr: containing("2 special tokens were spelled in the text") });
  for (const ends of ["\r\n", "\r"]) {
    const typed = ["tokenizer", "encode", out, "--text", text.replaceAll("\n", ends)];
    expect((await trainer(typed)).stdout.trimEnd()).toBe(plain.stdout.trimEnd());
  }
  const both = await trainer(["tokenizer", "encode", out, "--text", "a", "--path", shared.corpus]);
  expect(both).toMatchObject({ code: 2, stderr: containing("exclude each other") });

  expect((await json(["tokenizer", "decode", out, "2", "3"])).last).toEqual({ text: "[BOS][EOS]" });
  expect((await json(["tokenizer", "decode", out, "2", "3", "--skip-special"])).last).toEqual({ text: "" });
  const word = await trainer(["tokenizer", "decode", out, "cat"]);
  expect(word).toMatchObject({ code: 2, stderr: containing('"cat" is no token id') });
  const wrong = await trainer(["tokenizer", "decode", out, "320"]);
  expect(wrong).toMatchObject({ code: 2, stderr: containing("from 0 to 319") });

  const show = await trainer(["tokenizer", "show", out, "--text", "the cat"]);
  expect(show.stdout).toContain("vocabulary  320 tokens");
  expect(show.stdout).toContain("special     [PAD] 0, [UNK] 1, [BOS] 2, [EOS] 3");
  expect(show.stdout).toContain("the| c|at");
  expect((await json(["tokenizer", "show", out, "--text", "the cat"])).last).toMatchObject({
    tokens: ["the", " c", "at"],
  });
  expect(await trainer(["tokenizer", "show", out])).toMatchObject({ code: 0 });
  expect((await trainer(["tokenizer", "show", out, "--text", ""])).stdout).toContain("0 tokens, 0.00 bytes a token");
  expect((await json(["tokenizer", "show", out, "--longest", "2"])).last).toMatchObject({
    vocab_size: 320,
    longest: [aString, aString],
  });
});

test("a tokenizer without --out goes into the home, under an id that follows from what it is", async () => {
  const line = ["tokenizer", "train", shared.corpus, "--vocab-size", "310", "--threads", "1"];
  const first = await json(line);
  const second = await json(line);
  expect(second.last).toMatchObject({
    tokenizer_id: z.object({ tokenizer_id: z.string() }).parse(first.last).tokenizer_id,
  });
  const { tokenizer_id: id } = z.object({ tokenizer_id: z.string() }).parse(first.last);
  const shown = await trainer(["tokenizer", "decode", id, "4"], { tty: true });
  expect(shown.code).toBe(0);
  const run = await json([
    "train",
    shared.corpus,
    ...TINY.slice(2),
    "--tokenizer",
    id,
    "--max-steps",
    "1",
    "--optimizer",
    "sgd",
  ]);
  expect(run).toMatchObject({ code: 0 });
});

test("a tokenizer learns from packed files and paragraphs too, and says when the text has too few pairs", async () => {
  const packed = join(shared.folder, "packed.txt.gz");
  await writeFile(packed, gzipSync(corpusText));
  const { code, stdout, stderr } = await trainer(
    ["tokenizer", "train", packed, "--vocab-size", "5000", "--document", "paragraph"],
    { tty: true },
  );
  expect(code).toBe(0);
  expect(stderr).toContain("tokens only, not 5,000");
  expect(stdout).toContain("trainer train my-text.txt --tokenizer bpe-");
});

test("a folder that holds something is not written over without --force", async () => {
  const out = join(shared.folder, "kept");
  await mkdir(out);
  await writeFile(join(out, "mine.txt"), "mine");
  const line = ["tokenizer", "train", shared.corpus, "--vocab-size", "300", "--out", out];
  const refused = await trainer(line);
  expect(refused).toMatchObject({ code: 2, stderr: containing("--force") });
  await writeFile(join(out, "tokenizer.model"), "an old one");
  expect((await trainer([...line, "--force"])).code).toBe(0);
  expect((await readdir(out)).toSorted()).toEqual(["manifest.json", "mine.txt", "tokenizer.json"]);
  const file = await trainer([...line.slice(0, -1), shared.corpus]);
  expect(file).toMatchObject({ code: 1, stderr: containing("not a folder") });
});

test("an unknown tokenizer is told with how to train one", async () => {
  const { code, stderr } = await trainer(["tokenizer", "show", "nope", "--home", join(shared.folder, "nowhere")]);
  expect(code).toBe(1);
  expect(stderr).toContain("trainer tokenizer train");
});

test("what is held back is what the statistics are of; --threads is passed on", async () => {
  const out = join(shared.folder, "measured");
  const line = ["tokenizer", "train", shared.corpus, "--vocab-size", "300", "--threads", "1", "--out", out];
  const { stdout } = await trainer([...line, "--holdout-fraction", "0.2"]);
  expect(stdout).toMatch(/coverage {4}100 % of tokens, 100 % of characters known in a sample of \d+ lines/);
  expect(stdout).toMatch(/measured {4}\d\.\d\d bytes a token, \d\.\d\d tokens a word, \d+ tokens unused/);
  const { stdout: shown } = await trainer(["tokenizer", "show", join(out, "tokenizer.json")]);
  expect(shown).toMatch(/measured {4}\d\.\d\d bytes a token/);
});

test("a tokenizer of characters knows line feeds too, and shows what it does not know", async () => {
  const out = join(shared.folder, "characters");
  await trainer(["tokenizer", "train", shared.corpus, "--method", "char", "--out", out]);
  const { stdout } = await trainer(["tokenizer", "show", out, "--text", "a\n🙂"]);
  expect(stdout).toContain("a|\\n|[UNK]");
  expect(stdout).not.toContain("learned");
});

test("a run trains with SentencePiece, goes on, writes, and is exported with its tokenizer", async () => {
  const line = ["train", shared.corpus, ...TINY, "--tokenizer-method", "sentencepiece", "--vocab-size", "300"];
  const run = await json([...line, "--max-steps", "2", "--run-id", "pieces"]);
  expect(run).toMatchObject({ code: 0 });
  const folder = join(shared.home, "models", "pieces");
  expect(await readdir(folder)).toContain("tokenizer.model");
  const config = z
    .record(z.string(), z.unknown())
    .parse(JSON.parse(await readFile(join(folder, "tokenizer_config.json"), "utf8")));
  expect(config).toMatchObject({ unk_token: "[UNK]", eos_token: "[EOS]" });
  expect(config).not.toHaveProperty("tokenizer_class"); // the tokenizer of transformers that the model's type says
  const written = await json(["generate", "pieces", "--prompt", "the cat", "--max-new-tokens", "4", "--seed", "1"]);
  expect(written).toMatchObject({ code: 0, last: { steps: aNumber } });
  const out = join(shared.folder, "exported-pieces");
  expect((await trainer(["export", "pieces", "--out", out])).code).toBe(0);
  expect(await readdir(out)).toContain("tokenizer.model");
  const further = ["train", shared.corpus, ...TINY.slice(2), "--pretrained", out, "--max-steps", "1"];
  expect((await trainer(further)).code).toBe(0);
});

test("lines that SentencePiece skips for their length are counted and told", async () => {
  const text = join(shared.folder, "long-lines.txt");
  await writeFile(text, corpusText + "a line that is longer than all others ".repeat(200) + "\n");
  const out = ["--out", join(shared.folder, "skips")];
  const line = ["tokenizer", "train", text, "--method", "sentencepiece", "--vocab-size", "300", ...out];
  const { last } = await json(line);
  expect(last).toMatchObject({ skipped_lines: { too_long: 1 } });
  expect((await trainer([...line, "--force"])).stderr).toContain("1 lines (");
});

test("a vocabulary is as large as the text can fill where nobody says how large, by itself as with a run", async () => {
  const text = join(shared.folder, "words.txt");
  const words = (count: number) =>
    Array.from({ length: count }, (_, i) => `${(Math.imul(i, 2654435761) >>> 0).toString(36)}\n`).join("");
  for (const [count, size] of [
    [10_000, 1024],
    [25_000, 4096],
  ] as const) {
    await writeFile(text, words(count).repeat(2)); // so that there are pairs enough
    const { last } = await json(["tokenizer", "train", text, "--threads", "1"]);
    expect(last).toMatchObject({ vocab_size: size });
    const run = ["train", text, ...TINY.slice(2), "--max-steps", "1", "--run-id", `words-${count}`, "--no-evaluate"];
    expect((await trainer(run)).stderr).toContain(`(${size.toLocaleString("en")} tokens)`);
  }
});

test("what a tokenizer is trained on in many files is told of while it is looked at", async () => {
  const folder = join(shared.folder, "many");
  await mkdir(folder);
  await Promise.all(Array.from({ length: 1000 }, (_, i) => writeFile(join(folder, `${i}.txt`), `the cat ${i}\n`)));
  const { code, stderr } = await trainer(["tokenizer", "train", folder, "--vocab-size", "300"]);
  expect(code).toBe(0);
  expect(stderr.split("\n").slice(0, 2)).toEqual(["looking at the files: 0 %", "looking at the files: 25 %"]);
});

test("a run takes as small a vocabulary as its method can have", async () => {
  const line = ["train", shared.corpus, ...TINY.slice(2), "--tokenizer-method", "sentencepiece", "--max-steps", "1"];
  const run = await json([...line, "--vocab-size", "60", "--run-id", "smallest"]);
  expect(run).toMatchObject({ code: 0 });
  const show = await json(["tokenizer", "show", join(shared.home, "models", "smallest")]);
  expect(show.last).toMatchObject({ vocab_size: 60 });
  expect(await trainer([...line.slice(0, -4), "--vocab-size", "60", "--max-steps", "1"])).toMatchObject({
    code: 2,
    stderr: containing("260"),
  });
});

test("a vocabulary that a method cannot have is refused before anything is read", async () => {
  const line = ["tokenizer", "train", "nowhere.txt", "--vocab-size", "100"];
  expect(await trainer(line)).toMatchObject({
    code: 2,
    stderr: containing("too small for bpe: it must be a whole number from 260"),
  });
});

test("a tokenizer is measured on a text, and compared with others on it", async () => {
  const paths = ["small", "large"].map((name) => join(shared.folder, name));
  for (const [i, path] of paths.entries())
    await trainer(["tokenizer", "train", shared.corpus, "--vocab-size", String(280 + 40 * i), "--out", path]);
  const [small = "", large = ""] = paths;

  const show = ["tokenizer", "show", small, "--path", shared.corpus];
  const { stdout } = await trainer(show);
  for (const word of ["bytes a token", "lines by their tokens", "up to", "frequent", "unused"])
    expect(stdout).toContain(word);
  expect((await json(show)).last).toMatchObject({
    config: { method: "bpe", vocab_size: 280 },
    stats: { coverage: 1 },
    measured: { vocab_size: 280, tokens: aNumber, bytes_per_token: aNumber },
  });

  const compare = ["tokenizer", "compare", small, large, "--path", shared.corpus];
  const before = await trainer([...compare.slice(0, 4), "--text", shared.corpus]); // once the name of --path
  expect(before.stdout).toBe((await trainer(compare)).stdout);
  const onText = ["tokenizer", "compare", small, large, "--text", "the cat\nsees"];
  expect((await json(onText)).last).toMatchObject({ text: "the cat\nsees", path: null });
  const both = [...onText, "--path", shared.corpus];
  expect(await trainer(both)).toMatchObject({ code: 2, stderr: containing("exclude each other") });
  const Compared = z.object({
    tokenizers: z.array(z.object({ tokenizer: z.string(), tokens: z.int(), bytes: z.int() })),
  });
  const { tokenizers } = Compared.parse((await json(compare)).last);
  expect(tokenizers.map(({ tokenizer }) => tokenizer)).toEqual(paths);
  expect(tokenizers[0]?.bytes).toBe(tokenizers[1]?.bytes);
  expect(tokenizers[0]?.tokens).toBeGreaterThan(tokenizers[1]?.tokens ?? Infinity);
  expect((await trainer(compare)).stdout).toMatch(/tokens a word +\d\.\d+ +\d\.\d+/);
  expect(await trainer(compare.slice(0, 3))).toMatchObject({ code: 2, stderr: containing("two tokenizers or more") });
  expect(await trainer(compare.slice(0, 4))).toMatchObject({ code: 2, stderr: containing("--path FILE") });
});

test("a manifest that cannot be read is left out", async () => {
  const out = join(shared.folder, "no-manifest");
  await trainer(["tokenizer", "train", shared.corpus, "--vocab-size", "280", "--out", out]);
  for (const text of ["{", "{}"]) {
    await writeFile(join(out, "manifest.json"), text);
    expect((await json(["tokenizer", "show", out])).last).toMatchObject({ kind: "bpe", config: null, stats: null });
  }
  await rm(join(out, "manifest.json"));
  expect((await json(["tokenizer", "show", out])).last).toMatchObject({ kind: "bpe", config: null, stats: null });
});

test("tokenizers of the home are listed and removed, but for those that runs use", async () => {
  const home = join(shared.folder, "listing");
  const at = commandLine(() => home);
  expect((await at.trainer(["tokenizer", "list"])).stdout).toContain("No tokenizers");
  const { last } = await at.json(["tokenizer", "train", shared.corpus, "--vocab-size", "300"]);
  const { tokenizer_id: id } = z.looseObject({ tokenizer_id: z.string() }).parse(last);
  expect((await at.json(["tokenizer", "list"])).last).toEqual({
    tokenizers: [withFields({ tokenizer_id: id, kind: "bpe", vocab_size: 300, problem: null, runs: [] })],
  });
  await mkdir(join(home, "models", "r"), { recursive: true });
  await writeFile(join(home, "models", "r", "manifest.json"), JSON.stringify({ tokenizer_id: id }));
  await mkdir(join(home, "tokenizers", "broken"));
  await mkdir(join(home, "tokenizers", "foreign"));
  const manifest = { created_at: 1, config: { method: "syllables", special_tokens: [] } };
  await writeFile(join(home, "tokenizers", "foreign", "manifest.json"), JSON.stringify(manifest));
  const table = (await at.trainer(["tokenizer", "list"])).stdout;
  expect(table).toMatch(new RegExp(`${id} +bpe +300 .* r\n`));
  expect(table).toMatch(/broken +damaged +- .* -\n/);
  expect(table).toMatch(/foreign +syllables: no plugin +- /);
  expect(await at.trainer(["tokenizer", "rm", id])).toMatchObject({ code: 1, stderr: containing("tokenizer of r;") });
  await rm(join(home, "models", "r"), { recursive: true });
  expect((await at.trainer(["tokenizer", "rm", id])).stdout).toContain(`removed ${id}: `);
});

test("a tokenizer is extended by a text, that of a run too, and says what that comes to", async () => {
  const base = join(shared.folder, "base");
  const own = join(shared.folder, "own.txt");
  await writeFile(own, "die Müllerin mahlt das Mehl, und die Müller mahlen mehr\n".repeat(30));
  await trainer(["tokenizer", "train", shared.corpus, "--vocab-size", "300", "--out", base]);
  const line = ["tokenizer", "extend", base, "--corpus", own, "--add", "20", "--threads", "1"];
  const { last } = await json(line);
  const told = z
    .object({
      tokenizer_id: z.string(),
      path: z.string(),
      first: z.array(z.string()),
      tokens_per_byte: z.object({ before: z.number(), after: z.number() }),
    })
    .loose()
    .parse(last);
  expect(told).toMatchObject({ base, vocab_size: 320, added: 20, first: withFields({ length: 20 }) });
  expect(told.tokens_per_byte.after / told.tokens_per_byte.before).toBeLessThan(0.8);
  await mkdir(join(shared.home, "models"), { recursive: true });
  await rename(base, join(shared.home, "models", "a-run"));
  const out = join(shared.folder, "extended");
  await mkdir(out);
  await writeFile(join(out, "mine.txt"), "mine");
  const again = await trainer(["tokenizer", "extend", "a-run", "--corpus", own, "--add", "5000"]);
  expect(again).toMatchObject({ code: 0, stderr: containing("new tokens only, not 5,000") });
  expect(again.stdout).toMatch(/text {8}0\.\d{4} tokens a byte, 0\.\d{4} before: -\d\d\.\d\d %/);
  expect(again.stdout).toContain(`trainer train my-text.txt --pretrained a-run --tokenizer bpe-`);
  const taken = await trainer(["tokenizer", "extend", "a-run", "--corpus", own, "--out", out]);
  expect(taken).toMatchObject({ code: 2, stderr: containing("--force") });
  const { stdout } = await trainer(["tokenizer", "extend", "a-run", "--corpus", own, "--out", out, "--force"]);
  expect(stdout).toContain(`--tokenizer ${out}`);
  const none = await trainer(["tokenizer", "extend", "nope", "--corpus", own]);
  expect(none).toMatchObject({ code: 1, stderr: containing('no tokenizer "nope"') });
  await rm(join(shared.home, "models", "a-run"), { recursive: true });
});

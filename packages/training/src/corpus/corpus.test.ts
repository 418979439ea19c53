import { appendFileSync, renameSync } from "node:fs";
import { appendFile, mkdir, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { setTimeout } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { temporaryFolder } from "../home/temporary-folder.js";
import { openCorpus, type ReadOptions } from "./corpus.js";
import { CorpusError, type CorpusErrorCode } from "./corpus-error.js";
import type { DocumentMode } from "./cut-documents.js";
import { documentsOf } from "./document-batch.js";
import { refuse } from "./unreadable.js";
import { noLosses } from "./left-out.js";
import { corpusStatistics } from "./statistics.js";

type Files = Record<string, string | Uint8Array>;

async function folderOf(files: Files) {
  const folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder.path, name, ".."), { recursive: true });
    await writeFile(join(folder.path, name), content);
  }
  return folder;
}

async function documents(path: string | string[], document: DocumentMode = "line"): Promise<string[]> {
  const corpus = await openCorpus(path, { document });
  const found: string[] = [];
  for await (const batch of corpus.documents()) for (const text of documentsOf(batch)) found.push(text.toString());
  return found;
}

async function refusal(path: string | string[]): Promise<[CorpusErrorCode, string]> {
  const error: unknown = await documents(path, "file").catch((error: unknown) => error);
  if (error instanceof CorpusError) return [error.code, error.message];
  throw new Error("not refused", { cause: error });
}

const latin1 = (text: string) => Buffer.from(text, "latin1");

test("how many files were looked at is told from the first one on where they are many, and else not", async () => {
  const looks = async (count: number) => {
    await using folder = await folderOf(Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i}.txt`, "a"])));
    const heard: [number, number][] = [];
    await openCorpus(folder.path, { document: "line", onLook: (...look) => heard.push(look) });
    return heard;
  };
  expect(await looks(999)).toEqual([]);
  expect(await looks(1000)).toEqual(Array.from({ length: 1000 }, (_, i) => [i, 1000]));
});

test("a folder is read recursively, sorted by path, its text files only, links to files followed", async () => {
  await using folder = await folderOf({
    "b.txt": "3",
    "a/z.TEXT": "2",
    "a.jsonl": '{"text":"1"}\n',
    "z/c.jsonl.GZ": gzipSync('{"text":"4"}\n{"text":"5"}'),
    "z/d.txt.gz": gzipSync("6\n7"),
    "z/e.pdf": "skipped",
    "z/f.bin": "skipped",
  });
  await symlink(join(folder.path, "b.txt"), join(folder.path, "z", "g.txt"));
  await symlink(join(folder.path, "nowhere.txt"), join(folder.path, "z", "h.txt"));
  await symlink(folder.path, join(folder.path, "z", "circle"));
  expect(await documents(folder.path)).toEqual(["1", "2", "3", "4", "5", "6", "7", "3"]);
  const corpus = await openCorpus(folder.path, { document: "line" });
  expect(corpus.skipped.map(({ path, kind }) => [relative(folder.path, path), kind])).toEqual([
    ["z/circle", "link to a folder"],
    ["z/e.pdf", ".pdf"],
    ["z/f.bin", ".bin"],
    ["z/h.txt", "link that leads nowhere"],
  ]);
  const sizes = await Promise.all(corpus.files.map(async ({ path }) => (await readFile(path)).length));
  expect(corpus.totalBytes).toBe(sizes.reduce((a, b) => a + b));
});

test("several files are read in the order given, and one named itself is text whatever its extension", async () => {
  await using folder = await folderOf({ "b.log": "first", "a.txt": "second" });
  expect(await documents([join(folder.path, "b.log"), join(folder.path, "a.txt")])).toEqual(["first", "second"]);
});

test("a record of a jsonl file is a document, but for lines, where its lines are", async () => {
  const records = '{"text":"one\\n\\ntwo\\n"}\n\n{"id":7,"text":"three"}';
  await using folder = await folderOf({ "a.jsonl": records });
  expect(await documents(folder.path, "line")).toEqual(["one", "two", "three"]);
  expect(await documents(folder.path, "paragraph")).toEqual(["one\n\ntwo\n", "three"]);
  expect(await documents(folder.path, "file")).toEqual(["one\n\ntwo\n", "three"]);
});

test("every character of a file is kept, but for its byte order mark", async () => {
  const text = "\uFEFF\r\n  déjà \u0001vu\r\n\n";
  await using folder = await folderOf({ "a.txt": `\uFEFF${"x".repeat(70_000)}${text}`, "b.txt": "\uFEFFb" });
  expect(await documents(folder.path, "file")).toEqual([`${"x".repeat(70_000)}${text}`, "b"]);
});

test("a file of half a character, or half a byte order mark, is a file of a replacement character", async () => {
  const halves = { "a.txt": Buffer.from([0xe2, 0x82]), "b.txt": Buffer.from([0xef, 0xbb]), "c.txt": "c" };
  await using folder = await folderOf(halves);
  expect(await documents(folder.path, "file")).toEqual(["\uFFFD", "\uFFFD", "c"]);
});

test("a file whose text comes after much blank space is not empty", async () => {
  await using folder = await folderOf({ "a.txt.gz": gzipSync(`${" ".repeat(70_000)}text`) });
  expect(await documents(folder.path)).toEqual(["text"]);
});

test("bytes that are not UTF-8 are replaced and counted", async () => {
  await using folder = await folderOf({
    "a.txt": latin1("Übung macht den Meister, manchmal jedenfalls"),
    "b.txt": Buffer.concat([Buffer.from("a text that ends within a character \u20ac").subarray(0, -1)]),
  });
  const corpus = await openCorpus(folder.path, { document: "line" });
  let losses = noLosses;
  const onRead: ReadOptions["onRead"] = (progress) => (losses = progress.losses);
  const found: string[] = [];
  for await (const batch of corpus.documents({ onRead })) for (const d of documentsOf(batch)) found.push(d.toString());
  expect(found).toEqual([
    "\uFFFDbung macht den Meister, manchmal jedenfalls",
    "a text that ends within a character \uFFFD",
  ]);
  expect(losses.replaced).toEqual([
    { file: 0, characters: 1, bytes: 44 },
    { file: 1, characters: 1, bytes: 38 },
  ]);
});

test("a corpus of many chunks is read whole, plain and zipped, and its progress ends at its size", async () => {
  const text = Array.from({ length: 300_000 }, (_, i) => `line ${i}`).join("\n");
  await using folder = await folderOf({ "a.txt": text, "b.txt.gz": gzipSync(text) });
  const corpus = await openCorpus(folder.path, { document: "line" });
  let read = 0;
  let count = 0;
  for await (const batch of corpus.documents({ onRead: ({ bytes }) => (read = bytes) })) count += batch.ends.length;
  expect(count).toBe(600_000);
  expect(read).toBe(corpus.totalBytes);
});

test("the beginning of a zipped text tells how long all of it is, however far the disk was read ahead", async () => {
  const text = Array.from({ length: 400_000 }, (_, i) => `line ${Math.imul(i, 2_654_435_761) >>> 0}`).join("\n");
  await using folder = await folderOf({ "a.txt.gz": gzipSync(text) });
  const corpus = await openCorpus(folder.path, { document: "line", most: 1 << 20 });
  let read = 0;
  let length = 0;
  const onRead: ReadOptions["onRead"] = ({ bytes }) => (read = bytes);
  for await (const { bytes } of corpus.documents({ onRead })) {
    length += bytes.length;
    await setTimeout(20); // time for the disk
  }
  expect((length / read) * corpus.totalBytes).toBeGreaterThan(0.9 * text.length); // line breaks are no text
  expect((length / read) * corpus.totalBytes).toBeLessThan(text.length);
});

test("the content hash is of the text, not of where it lies, and hears a single byte", async () => {
  await using a = await folderOf({ "a.txt": "one", "b.txt": "two" });
  await using b = await folderOf({ "x.txt": "one", "y.text": "two" });
  await using c = await folderOf({ "x.txt": "one", "y.text": "twp" });
  await using d = await folderOf({ "x.txt": "onet", "y.text": "wo", "z.txt.gz": gzipSync("") });
  const hash = async (folder: { path: string }) => (await openCorpus(folder.path, { document: "line" })).sha256();
  expect(await hash(a)).toBe(await hash(b));
  expect(new Set([await hash(a), await hash(c), await hash(d)]).size).toBe(3);
});

test("a reading of the documents that hashes gives the files' own hash, also of what unzipping leaves over", async () => {
  const lines = "of a line\n".repeat(20_000);
  const noise = Array.from({ length: 30_000 }, (_, i) => `${Math.imul(i, 2654435761) >>> 0}\n`).join("");
  const padding = Buffer.alloc(3 << 20); // after the archive's end, as tapes have it
  await using folder = await folderOf({
    "a.txt": "small",
    "b.txt": lines,
    "c.txt.gz": gzipSync("small"),
    "d.txt.gz": gzipSync(lines), // small on the disk alone
    "e.txt.gz": Buffer.concat([gzipSync(noise), padding]),
    "f.jsonl": '{"text": "one"}\n',
    "g.json": '["one", "two"]',
    "h.txt": "",
  });
  const corpusOf = () => openCorpus(folder.path, { document: "line" });
  const own = await (await corpusOf()).sha256();
  const corpus = await corpusOf();
  for await (const _ of corpus.documents({ hash: true })); // read to the end
  await rm(join(folder.path, "b.txt"));
  expect(await corpus.sha256()).toBe(own);
});

test("a hashing that was broken off is none", async () => {
  await using folder = await folderOf({ "a.txt": `${"a".repeat(99)}\n`.repeat(100_000), "b.txt": "more" });
  const corpus = await openCorpus(folder.path, { document: "line" });
  for await (const _ of corpus.documents({ hash: true })) break;
  expect(await corpus.sha256()).toBe(await (await openCorpus(folder.path, { document: "line" })).sha256());
});

test("reading stops when it is aborted", async () => {
  await using folder = await folderOf({ "a.txt": `${"a".repeat(99)}\n`.repeat(100_000) });
  const corpus = await openCorpus(folder.path, { document: "line" });
  const abort = new AbortController();
  const read = async () => {
    for await (const _ of corpus.documents({ signal: abort.signal })) abort.abort(new Error("enough"));
  };
  await expect(read()).rejects.toThrow("enough");
  await expect(corpus.sha256({ signal: abort.signal })).rejects.toThrow("enough");
});

test("a file that is written to while it is read is refused", async () => {
  await using folder = await folderOf({ "a.txt": "one" });
  const corpus = await openCorpus(folder.path, { document: "line" });
  await corpus.assertUnchanged();
  await appendFile(join(folder.path, "a.txt"), "two");
  await expect(corpus.assertUnchanged()).rejects.toThrow(
    /a\.txt changed while it was being read \(it had 3 bytes, now 6\)/,
  );
  await rm(join(folder.path, "a.txt"));
  await expect(corpus.assertUnchanged()).rejects.toThrow(/there is no file/);
  await expect(corpus.sha256()).rejects.toThrow(CorpusError);
});

test("a file that becomes another while it is read is refused by every reader at its end", async () => {
  await using folder = await folderOf({ "a.txt": "one\ntwo\n", "b.txt": "three", "c.txt.new": "another text" });
  const [a, other] = [join(folder.path, "a.txt"), join(folder.path, "c.txt.new")];
  const corpus = await openCorpus(folder.path, { document: "line" });
  const read: string[] = [];
  const replaced = async () => {
    for await (const batch of corpus.documents({ onRead: () => renameSync(other, a) })) {
      read.push(...Array.from(documentsOf(batch), String));
    }
  };
  await expect(replaced()).rejects.toThrow(/a\.txt changed while it was being read \(it had 8 bytes, now 12\)/);
  expect(read).not.toContain("another text");
  await expect(corpus.sha256()).rejects.toThrow("changed while");
  await expect(corpusStatistics(a, { onRead: () => appendFileSync(a, "more") })).rejects.toMatchObject({
    code: "CORPUS_UNREADABLE",
  });
});

test("what is missing or empty is refused with what was looked for", async () => {
  await using folder = await folderOf({
    "blank.txt": " \n\t\n",
    "empty.txt": "",
    "none/a.pdf": "%PDF",
    "zero.gz": gzipSync(""),
  });
  const at = (name: string) => join(folder.path, name);
  await mkdir(at("bare"));
  expect(await refusal(at("nowhere"))).toEqual(["CORPUS_NOT_FOUND", `there is no file or folder ${at("nowhere")}`]);
  expect(await refusal([])).toEqual(["INVALID_INPUT", "no corpus given: name a file or a folder of text"]);
  expect(await refusal(at("none"))).toEqual(["CORPUS_EMPTY", expect.stringContaining("its one entry is 1 .pdf")]);
  expect(await refusal(at("bare"))).toEqual(["CORPUS_EMPTY", expect.stringContaining("it is empty")]);
  for (const name of ["blank.txt", "empty.txt", "zero.gz"]) {
    expect(await refusal(at(name))).toEqual(["CORPUS_EMPTY", expect.stringContaining(at(name))]);
  }
  const four = ["blank.txt", "empty.txt", "zero.gz", "blank.txt"].map(at);
  expect(await refusal(four)).toEqual(["CORPUS_EMPTY", expect.stringContaining(`${at("zero.gz")} and 1 more`)]);
  expect(await refusal("/dev/null")).toEqual([
    "CORPUS_UNREADABLE",
    expect.stringContaining("neither a file nor a folder"),
  ]);
});

test("what is not text is refused with the place", async () => {
  await using folder = await folderOf({
    "nul.txt": Buffer.from("text\u0000"),
    "utf16.txt": Buffer.from("\uFEFFhello", "utf16le"),
    "utf16be.txt": Buffer.from("\uFEFFhello", "utf16le").swap16(),
    "cyrillic.txt": Buffer.from("a \xcf\xf0\xe8\xe2\xe5\xf2 ", "latin1"),
    "plain.txt.gz": "not zipped",
    "bad.jsonl": "{}\n",
  });
  const why = async (name: string) => (await refusal(join(folder.path, name))).join(" ");
  expect(await why("nul.txt")).toMatch(/^INVALID_INPUT .*nul\.txt is not text: there is a NUL byte at offset 4/);
  expect(await why("utf16.txt")).toMatch(/^INVALID_INPUT .*looks like UTF-16/);
  expect(await why("utf16be.txt")).toMatch(/^INVALID_INPUT .*looks like UTF-16/);
  expect(await why("cyrillic.txt")).toMatch(
    /^INVALID_INPUT .*cyrillic\.txt is not UTF-8 text: 67 % of its first 9 bytes.*iconv/,
  );
  expect(await why("plain.txt.gz")).toMatch(/^CORPUS_UNREADABLE .*not a sound gzip file/);
  expect(await why("bad.jsonl")).toMatch(/^INVALID_INPUT .*bad\.jsonl:1: no string field "text"/);
});

test("a gzip file cut short is refused, wherever it was cut", async () => {
  const words = Array.from({ length: 200_000 }, (_, i) => Math.sin(i).toString(36)).join(" ");
  await using folder = await folderOf({ "a.txt.gz": gzipSync(words) });
  const path = join(folder.path, "a.txt.gz");
  const { length } = await readFile(path);
  for (const size of [length - 1, length >> 1, 12]) {
    await truncate(path, size);
    expect(await refusal(path)).toEqual(["CORPUS_UNREADABLE", expect.stringContaining("is a gzip file cut short")]);
  }
});

const ZSTD = join(import.meta.dirname, "../../test/fixtures/zstd/lines.txt.zst");

test("a zstd file is read whole, frame by frame, hashed on the way, and its progress ends at its size", async () => {
  const lines = await documents(ZSTD);
  expect([lines.length, lines[0], lines[49_999], lines.at(-1)]).toEqual([50_001, "1", "50000", "last"]);
  await using folder = await folderOf({ "a.jsonl.zst": "", "b.txt.ZST": await readFile(ZSTD) });
  const corpus = await openCorpus(folder.path, { document: "line" });
  let read = 0;
  for await (const _ of corpus.documents({ hash: true, onRead: ({ bytes }) => (read = bytes) }));
  expect(read).toBe(corpus.totalBytes);
  const own = await (await openCorpus(folder.path, { document: "line" })).sha256();
  await rm(join(folder.path, "b.txt.ZST"));
  expect(await corpus.sha256()).toBe(own);
});

test("a zstd file that is cut short, damaged or none is refused", async () => {
  const whole = await readFile(ZSTD);
  await using folder = await folderOf({ "a.txt.zst": "", "b.txt.zst": "no zstd, but a text of some length" });
  const path = join(folder.path, "a.txt.zst");
  for (const length of [whole.length - 1, whole.length >> 1, 20, 4]) {
    await writeFile(path, whole.subarray(0, length));
    expect([length, await refusal(path)]).toEqual([
      length,
      ["CORPUS_UNREADABLE", expect.stringContaining("a.txt.zst is a zstd file cut short: copy or download it again")],
    ]);
  }
  const bad = Buffer.from(whole);
  bad.fill(0xff, 1000, 2000);
  await writeFile(path, bad);
  const unsound = ["CORPUS_UNREADABLE", expect.stringContaining("is not a sound zstd file")];
  expect(await refusal(path)).toEqual(unsound);
  expect(await refusal(join(folder.path, "b.txt.zst"))).toEqual(unsound);
  await writeFile(path, Buffer.from("28b52ffd00a809000061", "hex")); // of a few bytes, with a window of 2 GiB
  const window = /a\.txt\.zst: it is to be read with a window of 2147483648 bytes, .* compress it again without --long/;
  expect(await refusal(path)).toEqual(["INVALID_INPUT", expect.stringMatching(window)]);
});

test("a small file that unzips to a large one is read whole", async () => {
  await using folder = await folderOf({ "a.txt.gz": gzipSync("line\n".repeat(1_000_000)) });
  expect(await documents(folder.path)).toHaveLength(1_000_000);
});

test("lines that separate documents do so in plain text, and records stay whole", async () => {
  const text = "one\n</s>\ntwo";
  await using folder = await folderOf({
    "a.txt": text,
    "b.jsonl": JSON.stringify({ text }),
    "c.json": JSON.stringify([text]),
  });
  const corpus = await openCorpus(folder.path, { document: "file", separator: "auto" });
  const found: string[] = [];
  for await (const batch of corpus.documents()) for (const d of documentsOf(batch)) found.push(d.toString());
  expect(found).toEqual(["one", "two", text, text]);
  expect(await documents(folder.path, "file")).toEqual([text, text, text]);
});

test("what the file system refuses is named", () => {
  expect(() => refuse("a.txt", Object.assign(new Error("no"), { code: "EACCES" }))).toThrow(
    "cannot read a.txt: permission denied: make it readable for this user",
  );
  expect(() => refuse("a.txt", Object.assign(new Error("no"), { code: "EIO" }))).toThrow("cannot read a.txt: EIO");
  expect(() => refuse("a.txt", "odd")).toThrow("cannot read a.txt: odd");
});

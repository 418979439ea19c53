import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { CorpusList, CorpusReport, CorpusUpload } from "@trainer/platform";
import { aString, containing, matching } from "@trainer/testing/matching";
import { ask, startSystem, type System } from "@trainer/testing/api";
import { afterEach, beforeEach, expect, test } from "vitest";

let system: System;
beforeEach(async () => void (system = await startSystem()));
afterEach(() => system[Symbol.asyncDispose]());

const at = (name: string) => join(system.root, "corpus", name);
const put = (name: string, bytes: string | Uint8Array, query: object) => {
  const search = Object.entries(query).map(([key, value]) => `${key}=${String(value)}`);
  return system.ask(`/corpora/${encodeURIComponent(name)}?${search.join("&")}`, { method: "PUT", body: bytes });
};
const whole = (name: string, text: string | Uint8Array, query: object = {}) =>
  put(name, text, { offset: 0, total: Buffer.byteLength(text), ...query });
const report = async (name: string, query = "") => {
  const answer = await system.ask(`/corpora/${encodeURIComponent(name)}${query}`);
  expect(answer).toMatchObject({ status: 200 });
  return CorpusReport.parse(answer.json);
};
const names = async () => CorpusList.parse((await system.ask("/corpora")).json).corpora.map(({ name }) => name);
const remove = (path: string) => system.ask(`/corpora/${path}`, { method: "DELETE" });

test("a text comes in pieces, is said to be there when it is whole, and can be trained on", async () => {
  const text = "Ŝuperba ŝtelisto\n".repeat(600_000); // more than a piece may have
  const bytes = Buffer.from(text);
  const piece = 8 << 20;
  expect((await system.ask("/corpora/eo.txt/upload")).status).toBe(404);
  const first = await put("eo.txt", bytes.subarray(0, piece), { offset: 0, total: bytes.length });
  expect(first).toMatchObject({ status: 200, json: { offset: piece, total: bytes.length, done: false } });
  expect(await names()).toEqual([]);
  expect(existsSync(at("eo.txt"))).toBe(false);
  const upload = CorpusUpload.parse((await system.ask("/corpora/eo.txt/upload")).json);
  expect(upload).toEqual({ name: "eo.txt", offset: piece, total: bytes.length, done: false });
  const last = await put("eo.txt", bytes.subarray(piece), { offset: piece, total: bytes.length });
  expect(last).toMatchObject({ status: 200, json: { offset: bytes.length, done: true } });
  expect(readFileSync(at("eo.txt")).equals(bytes)).toBe(true);
  expect(readdirSync(at(".uploads"))).toEqual([]);
  expect((await system.ask("/corpora")).json).toMatchObject({
    corpora: [{ name: "eo.txt", kind: "file", files: 1, bytes: bytes.length }],
  });
  expect((await system.ask("/tokenizers/train", { body: { corpus_path: "eo.txt" } })).status).toBe(200);
});

test("a piece at a wrong place is refused with the right one, and a lost answer costs nothing", async () => {
  const none = await put("a.txt", "world", { offset: 5, total: 10 });
  expect(none).toMatchObject({ status: 409, json: { code: "CONFLICT" }, headers: { "upload-offset": "0" } });
  await put("a.txt", "hello", { offset: 0, total: 10 });
  const again = await put("a.txt", "world", { offset: 4, total: 10 });
  expect(again).toMatchObject({ status: 409, headers: { "upload-offset": "5" } });
  const other = await put("a.txt", "world", { offset: 5, total: 11 });
  expect(other).toMatchObject({ status: 409, headers: { "upload-offset": "0" } });
  for (const [bytes, query] of [
    ["worlds", { offset: 5, total: 10 }],
    ["", { offset: 5, total: 10 }],
  ] as const)
    expect(await put("a.txt", bytes, query)).toMatchObject({ status: 400, json: { code: "INVALID_INPUT" } });
  expect(await put("a.txt", "world", { offset: 5, total: 10 })).toMatchObject({ status: 200, json: { done: true } });
  expect(readFileSync(at("a.txt"), "utf8")).toBe("helloworld");
  for (const query of [{}, { offset: -1, total: 1 }, { offset: 0, total: 0 }, { offset: "1e3", total: 9 }])
    expect((await put("b.txt", "x", query)).status).toBe(422);
});

test("pieces at once end with one text, and none is torn", async () => {
  const bytes = Buffer.alloc(4 << 20, "abcdefgh\n");
  const sent = () => put("a.txt", bytes, { offset: 0, total: bytes.length });
  const statuses = (await Promise.all([sent(), sent(), sent(), sent()])).map(({ status }) => status);
  expect(statuses).toContain(200);
  expect(statuses.every((status) => status === 200 || status === 409)).toBe(true);
  expect(readFileSync(at("a.txt")).equals(bytes)).toBe(true);
  expect(readdirSync(at(".uploads"))).toEqual([]);
});

test("two services over one folder take a text's pieces in turn, and none of them twice", async () => {
  await using other = await system.start();
  const send = (url: string, [from, to]: readonly [number, number]) =>
    ask(`${url}/corpora/a.txt?offset=${from}&total=9`, { method: "PUT", body: "one two 3".slice(from, to) });
  for (let round = 0; round < 10; round++) {
    expect(await send(system.url, [0, 4])).toMatchObject({ status: 200, json: { offset: 4 } });
    const both = await Promise.all([system.url, other.url].map((url) => send(url, [4, 8])));
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    expect((await ask(`${other.url}/corpora/a.txt/upload`)).json).toMatchObject({ offset: 8 });
    expect(await send(other.url, [8, 9])).toMatchObject({ status: 200, json: { done: true } });
    expect(readFileSync(join(system.root, "corpus", "a.txt"), "utf8")).toBe("one two 3");
  }
  expect(readdirSync(join(system.root, "corpus", ".uploads"))).toEqual([]);
});

test("what a service that was killed left of its lock keeps nobody from going on", async () => {
  const piece = { offset: 0, total: 6 };
  const uploads = join(system.root, "corpus", ".uploads");
  await put("a.txt", "one", piece);
  await put("b.txt", "one", piece);
  const hash = createHash("sha256").update("lock of a.txt").digest("hex");
  const parts = [8, 12, 16, 20, 32].map((end, i, ends) => hash.slice(ends[i - 1] ?? 0, end));
  const lock = join(uploads, `lock.${parts.join("-")}.tmp`);
  writeFileSync(lock, "");
  const next = { offset: 3, total: 6 };
  expect(await put("a.txt", "two", next)).toMatchObject({ status: 409, json: { message: containing("try again") } });
  expect(await put("b.txt", "two", next)).toMatchObject({ status: 200 });
  utimesSync(lock, new Date(0), new Date(0));
  expect(await put("a.txt", "two", next)).toMatchObject({ status: 200, json: { done: true } });
});

test("another text of the name stays unless it is to be replaced; the same one is none", async () => {
  await whole("a.txt", "the first");
  expect(await whole("a.txt", "the first")).toMatchObject({ status: 200, json: { done: true } });
  expect(await whole("a.txt", "another length")).toMatchObject({ status: 409, json: { code: "CONFLICT" } });
  expect(await whole("a.txt", "2nd first")).toMatchObject({ status: 409 });
  expect(readFileSync(at("a.txt"), "utf8")).toBe("the first");
  const last = await put("a.txt", "", { offset: 9, total: 9, replace: true });
  expect(last).toMatchObject({ status: 200, json: { done: true } });
  expect(readFileSync(at("a.txt"), "utf8")).toBe("2nd first");
  expect((await whole("a.txt", "another length", { replace: true })).status).toBe(200);
  mkdirSync(at("folder.txt"));
  expect((await whole("folder.txt", "text", { replace: true })).status).toBe(409);
  await put("late.txt", "hello", { offset: 0, total: 10, replace: true });
  mkdirSync(at("late.txt"));
  expect((await put("late.txt", "world", { offset: 5, total: 10, replace: true })).status).toBe(409);
  execFileSync("mkfifo", [at("fifo.txt")]);
  await put("fifo.txt", "hello", { offset: 0, total: 10, replace: true });
  expect((await put("fifo.txt", "world", { offset: 5, total: 10 })).status).toBe(409); // it is not waited for
  writeFileSync(join(system.root, "secret.txt"), "secret");
  symlinkSync(join(system.root, "secret.txt"), at("link.txt"));
  expect((await whole("link.txt", "text", { replace: true })).status).toBe(200);
  expect(readFileSync(join(system.root, "secret.txt"), "utf8")).toBe("secret");
});

test("an upload is given up by a request, or by nobody going on with it", async () => {
  await put("a.txt", "hello", { offset: 0, total: 10 });
  expect(await remove("a.txt/upload")).toMatchObject({ status: 200, json: { offset: 5 } });
  expect((await remove("a.txt/upload")).status).toBe(404);
  await put("a.txt", "hello", { offset: 0, total: 10 });
  await put("a.txt", "hell", { offset: 0, total: 11 }); // begun anew
  expect(readdirSync(at(".uploads"))).toEqual([matching(/^11\.[0-9a-f-]{36}\.tmp$/)]);
});

test("names are those of plain visible files that are read as text", async () => {
  const refused = [".hidden.txt", "a/b.txt", "a\\b.txt", "a\nb.txt", " a.txt", "a.txt ", `${"x".repeat(197)}.txt`];
  for (const name of [...refused, "a\u2028.txt", "\u202etxt.exe.txt", "a\0.txt"])
    expect([name, (await whole(name, "text")).status]).toEqual([name, 422]);
  for (const name of ["a", "a.pdf", "a.xml", "a.gz"]) {
    const answer = await whole(name, "text");
    expect(answer).toMatchObject({
      status: 400,
      json: { code: "INVALID_INPUT", message: containing(".jsonl") },
    });
  }
  for (const name of ["ŝtono.txt", "小説 1.md", `${"x".repeat(196)}.txt`, "%2e.txt"]) {
    expect((await whole(name, "text")).status).toBe(200);
    expect((await report(name)).characters).toBe(4);
    expect((await remove(encodeURIComponent(name))).status).toBe(200);
  }
  expect(await names()).toEqual([]);
});

test("a table is a text by one of its columns, whichever is named", async () => {
  expect((await whole("a.csv", 'title,note\n1,"one, two"\n')).status).toBe(200);
  expect(await system.ask("/corpora/a.csv")).toMatchObject({
    status: 400,
    json: { message: containing('a.csv: no column "text": its columns are "title", "note"; --text-field names') },
  });
  expect(await report("a.csv", "?text_field=note")).toMatchObject({ preview: [{ text: "one, two" }] });
  expect((await remove("a.csv")).status).toBe(200);
});

test("what is no text is refused, with its reason and without the server's folders", async () => {
  const cases: [string, string | Uint8Array, string][] = [
    ["a.txt", "%PDF-1.7 and so on", "INVALID_INPUT"],
    ["a.txt", Buffer.from("text with a \0 in it"), "INVALID_INPUT"],
    ["a.txt", Buffer.alloc(4000, 0xe9), "INVALID_INPUT"],
    ["a.txt", " \n\t\n", "CORPUS_EMPTY"],
    ["a.json", '{"a": 1}', "INVALID_INPUT"],
    ["a.txt.gz", "no gzip", "INVALID_INPUT"],
    ["a.txt.gz", gzipSync("text ".repeat(100_000)).subarray(0, 500), "INVALID_INPUT"],
  ];
  for (const [name, bytes, code] of cases) {
    const answer = await whole(name, bytes);
    expect([name, answer]).toMatchObject([name, { status: 400, json: { code } }]);
    expect(answer.text).not.toContain(system.root);
    expect(answer.text).not.toContain(".tmp");
  }
  expect(await names()).toEqual([]);
  expect((await whole("a.txt.gz", gzipSync("a text"))).status).toBe(200);
  expect((await report("a.txt.gz")).characters).toBe(6);
});

test("a piece has 8 MiB at most, and a disk what it has", async () => {
  const headers = { "content-length": String((8 << 20) + 1) };
  const large = await system.ask("/corpora/a.txt?offset=0&total=1", { method: "PUT", body: "a", headers });
  expect(large).toMatchObject({ status: 413, json: { code: "PAYLOAD_TOO_LARGE" } });
  const huge = await put("a.txt", "a", { offset: 0, total: 999_999_999_999_999 });
  expect(huge).toMatchObject({ status: 507, json: { code: "INSUFFICIENT_STORAGE" } });
});

test("a piece for which there is no room on the disk counts not at all", async () => {
  await put("a.txt", "hello", { offset: 0, total: 2 << 20 });
  const limit = (bytes: string) => execFileSync("prlimit", ["--pid", String(process.pid), `--fsize=${bytes}:`]);
  limit(String(1 << 20));
  try {
    const full = await put("a.txt", Buffer.alloc((2 << 20) - 5, "a"), { offset: 5, total: 2 << 20 });
    expect(full).toMatchObject({ status: 507, json: { code: "INSUFFICIENT_STORAGE" } });
  } finally {
    limit("unlimited");
  }
  expect((await system.ask("/corpora/a.txt/upload")).json).toMatchObject({ offset: 5 });
  expect((await put("a.txt", Buffer.alloc((2 << 20) - 5, "a"), { offset: 5, total: 2 << 20 })).status).toBe(200);
});

test("a report says what a text is like, with its documents as a training cuts them", async () => {
  const text = Buffer.concat([Buffer.from("Žluť\nŽluť\n\nдва, три\n  \nlast "), Buffer.from([0xff, 0x0a])]);
  writeFileSync(at("a.txt"), text);
  expect(await report("a.txt")).toMatchObject({
    name: "a.txt",
    kind: "file",
    bytes: text.length,
    sampled: false,
    document: "line",
    documents: 4,
    duplicate_documents: 1,
    lines: 4,
    duplicate_lines: 1,
    duplicate_lines_share: 0.25,
    duplicates_exact: true,
    characters: 22,
    invalid_characters: 1,
    longest_line: { characters: 8, start: "два, три" },
    left_out: [containing("1 character is not UTF-8 and became U+FFFD: 1 in a.txt")],
    preview: [{ text: "Žluť" }, { text: "Žluť" }, { text: "два, три" }, { text: "last \uFFFD", cut: false }],
  });
  const paragraphs = await report("a.txt", "?document=paragraph&preview=1");
  expect(paragraphs).toMatchObject({ documents: 3, preview: [{ text: "Žluť\nŽluť" }] });
  expect(paragraphs.document_bytes).toBe(13 + 14 + 8);
  writeFileSync(at("c.jsonl"), '{"title":"one","story":"two"}\n');
  expect(await report("c.jsonl")).toMatchObject({
    left_out: ['the text of 1 file is the field "story" alone'],
    preview: [{ text: "two" }],
  });
  expect(await report("c.jsonl", "?text_field=title")).toMatchObject({ preview: [{ text: "one" }] });
  expect(await system.ask("/corpora/c.jsonl?text_field=name")).toMatchObject({
    status: 400,
    json: {
      message: containing('c.jsonl:1: no string field "name": its fields are "title" (string), "story" (string)'),
    },
  });
  writeFileSync(at("b.jsonl"), '{"text":"one\\ntwo"}\n{"text":"three"}\n');
  expect(await report("b.jsonl", "?document=file")).toMatchObject({
    documents: 2,
    preview: [{ text: "one\ntwo" }, {}],
  });
  writeFileSync(at("c.txt"), "one\n<|endoftext|>\ntwo\n");
  const query = `?document=file&document_separator=${encodeURIComponent("<|endoftext|>")}`;
  expect((await report("c.txt", query)).preview.map(({ text }) => text.trim())).toEqual(["one", "two"]);
  expect((await system.ask("/corpora/c.txt?document=word")).status).toBe(422);
});

test("a text of many bytes is read in part, a changed one anew, and one long line is one document", async () => {
  const line = `${"a long line ".repeat(500_000)}\n`;
  writeFileSync(at("a.txt"), line.repeat(8));
  const sampled = await report("a.txt");
  expect(sampled).toMatchObject({
    sampled: true,
    documents: sampled.lines,
    duplicate_documents: sampled.documents - 2,
  });
  expect(sampled.document_bytes).toBeLessThan(34 << 20);
  expect(sampled.document_bytes).toBeGreaterThan(31 << 20);
  expect(sampled.preview[0]).toMatchObject({ cut: true });
  expect(sampled.preview[0]?.text).toHaveLength(2000);
  writeFileSync(at("a.txt"), line);
  expect(await report("a.txt")).toMatchObject({ sampled: false, documents: 1, lines: 1 });
  writeFileSync(at("bomb.jsonl.gz"), gzipSync(`{"text":"${"a".repeat(2000)}"}\n`.repeat(30_000)));
  const bomb = await report("bomb.jsonl.gz");
  expect(bomb.sampled).toBe(true);
  expect(bomb.documents).toBe(bomb.lines);
});

test("folders are named with all that lies in them; what is hidden or leads out is not", async () => {
  mkdirSync(at("books/inner"), { recursive: true });
  writeFileSync(at("books/a.txt"), "one\n");
  writeFileSync(at("books/inner/b.md"), "two\n");
  writeFileSync(at("books/c.pdf"), "%PDF-");
  writeFileSync(at(".hidden"), "x");
  writeFileSync(join(system.root, "keys.json"), "secret");
  symlinkSync(join(system.root, "keys.json"), at("keys.json"));
  symlinkSync(join(system.root, "keys.json"), at("books/keys.txt"));
  symlinkSync(at("nowhere"), at("gone.txt"));
  execFileSync("mkfifo", [at("fifo")]);
  expect((await system.ask("/corpora")).json).toMatchObject({
    corpora: [{ name: "books", kind: "folder", files: 3, bytes: 13 }],
  });
  const read = await report("books");
  expect(read).toMatchObject({ files: 3, documents: 2 });
  expect(JSON.stringify(read)).not.toContain(system.root);
  expect(read.left_out[0]).toContain("books/c.pdf");
  expect((await report("books/inner/b.md")).documents).toBe(1);
  for (const name of ["keys.json", "fifo", "none.txt", "../keys.json", "/etc/hostname", "a\0b"])
    expect([name, (await system.ask(`/corpora/${encodeURIComponent(name)}`)).status]).toEqual([name, 404]);
  mkdirSync(at("empty"));
  const empty = await system.ask("/corpora/empty");
  expect(empty).toMatchObject({ status: 400, json: { code: "CORPUS_EMPTY" } });
  expect(empty.text).not.toContain(system.root);
  expect((await remove("books")).status).toBe(409);
  expect((await remove("gone.txt")).status).toBe(200);
});

test("a text that a training waits for is neither removed nor replaced", async () => {
  await whole("a.txt", "the first");
  await whole("b.txt", "the second");
  const { json } = await system.ask("/tokenizers/train", { body: { corpus_path: "corpus/a.txt" } });
  expect(json).toMatchObject({ tokenizer_id: aString });
  expect(await remove("a.txt")).toMatchObject({ status: 409, json: { code: "CONFLICT" } });
  expect((await whole("a.txt", "2nd first", { replace: true })).status).toBe(409);
  expect(readFileSync(at("a.txt"), "utf8")).toBe("the first");
  expect(await remove("b.txt")).toMatchObject({ status: 200, json: { name: "b.txt", bytes: 10 } });
  expect((await remove("b.txt")).status).toBe(404);
  await system.trainer.obliterate({ force: true });
  expect((await remove("a.txt")).status).toBe(200);
});

test("texts are for those with the key", async () => {
  await using keyed = await startSystem({ apiKey: "key" });
  for (const [path, method] of [
    ["/corpora", "GET"],
    ["/corpora/a.txt", "GET"],
    ["/corpora/a.txt?offset=0&total=1", "PUT"],
    ["/corpora/a.txt", "DELETE"],
  ])
    expect((await keyed.ask(String(path), { method: String(method) })).status).toBe(401);
});

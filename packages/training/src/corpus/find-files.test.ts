import { mkdir, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { openHome } from "../home/home.js";
import { temporaryFolder } from "../home/temporary-folder.js";
import { leftOutOf, openCorpus, type OpenOptions } from "./corpus.js";
import { documentsOf } from "./document-batch.js";
import { entriesOf } from "./find-files.js";
import { noLosses } from "./left-out.js";

async function folderOf(files: Record<string, string | Uint8Array>) {
  const folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder.path, name, ".."), { recursive: true });
    await writeFile(join(folder.path, name), content);
  }
  return folder;
}

async function read(path: string | string[], options: Partial<OpenOptions> = {}) {
  const corpus = await openCorpus(path, { document: "file", ...options });
  const texts: string[] = [];
  for await (const batch of corpus.documents()) for (const text of documentsOf(batch)) texts.push(text.toString());
  return { corpus, texts };
}

const TABLE = "text,label\nhello,1\n";

test("in a folder all names of text are read, and what else lies there is told by its kind", async () => {
  await using folder = await folderOf({
    "a.md": "# one",
    "b.ndjson": '{"text":"two"}\n',
    "c.json": ' [ "three", {"text": "four"} ]',
    "d.json": '{"text":"five"}\n{"text":"six"}\n',
    "e.json.gz": gzipSync('["seven"]'),
    "f.rst": "eight",
    "package.json": '{\n  "name": "no text"\n}',
    "numbers.json": "[1, 2]",
    "long.json": `{"other": "${"x".repeat(200_000)}"`.slice(1),
    "table.csv": TABLE,
    "table.TSV.gz": gzipSync("id\ttext\n1\tworld\n"),
    "labels.csv": "a,b\n1,2\n",
    "numbers.csv": "a\n1\n",
    "page.XML": "<p>text</p>",
    "page.pdf.gz": gzipSync("text"),
    LICENSE: "text",
    "archive.gz": gzipSync("text"),
    "._a.txt": Buffer.of(0, 5, 22, 7),
    ".git/notes.txt": "hidden",
  });
  const { corpus, texts } = await read(folder.path);
  expect(texts).toEqual(["# one", "two", "three", "four", "five", "six", "seven", "eight", "world", "hello"]);
  const { files } = leftOutOf(corpus, noLosses);
  expect(files.kinds).toEqual({
    ".json without texts": 3,
    hidden: 2,
    ".csv without texts": 2,
    ".gz": 1,
    ".pdf.gz": 1,
    ".xml": 1,
    "without an extension": 1,
  });
  expect(files.count).toBe(11);
});

test("subtitles, notebooks and pages are one text each, in their own formats, and looked at before anything is begun", async () => {
  const notebook = (source: string) => JSON.stringify({ cells: [{ cell_type: "code", source }] });
  await using folder = await folderOf({
    "a.srt": "1\n00:00:01,000 --> 00:00:02,000\n<i>one</i>\n\n2\n00:00:03,000 --> 00:00:04,000\ntwo\n",
    "b.vtt.gz": gzipSync("\uFEFFWEBVTT\n\n00:01.000 --> 00:02.000\nthree\n"),
    "c.ipynb": notebook("four"),
    "d.ipynb": notebook("x".repeat(100_000)),
    "e.HTM": "<title>a</title><p>five",
  });
  const at = (name: string) => join(folder.path, name);
  const { corpus, texts } = await read(folder.path);
  expect(texts).toEqual(["one\ntwo\n", "three\n", "four\n", `${"x".repeat(100_000)}\n`, "five\n"]);
  expect(corpus.files.map(({ format }) => format)).toEqual(["srt", "vtt", "ipynb", "ipynb", "html"]);
  expect((await read(folder.path, { document: "line" })).texts).toHaveLength(6);
  const plain = await read(at("a.srt"), { format: "text" });
  expect(await plain.corpus.sha256()).not.toBe(await (await read(at("a.srt"))).corpus.sha256());
  await writeFile(at("d.ipynb"), "{");
  await expect(openCorpus(folder.path, { document: "file" })).rejects.toThrow(/d\.ipynb is no notebook .*: not JSON/);
  for (const nothing of ["", notebook(" ")]) {
    await writeFile(at("d.ipynb"), nothing);
    await expect(read(at("d.ipynb"))).rejects.toThrow(/there is no text in .*d\.ipynb/);
  }
});

test("what a folder has besides files is told too", async () => {
  await using folder = await folderOf({ "a.txt": "one" });
  const at = (name: string) => join(folder.path, name);
  await symlink(folder.path, at("circle"));
  await symlink(at("nowhere"), at("lost.txt"));
  await symlink(at("round.txt"), at("other.txt"));
  await symlink(at("other.txt"), at("round.txt"));
  await symlink("n".repeat(1000), at("long.txt"));
  await symlink(join("a.txt", "below"), at("file.txt"));
  await symlink(at("a.txt"), at("b.txt"));
  const server = createServer().listen(at("socket.txt"));
  await once(server, "listening");
  const { corpus, texts } = await read(folder.path);
  server.close();
  expect(texts).toEqual(["one", "one"]);
  expect(corpus.skipped.map(({ path, kind }) => [relative(folder.path, path), kind])).toEqual([
    ["circle", "link to a folder"],
    ...["file.txt", "long.txt", "lost.txt", "other.txt", "round.txt"].map((name) => [name, "link that leads nowhere"]),
    ["socket.txt", "no file"],
  ]);
});

test("what runs have written is no text where their home lies in a folder of text, but for who names it", async () => {
  await using folder = await folderOf({
    "a.txt": "one",
    "runs/models/x/logs.jsonl": '{"message":"no text"}',
    "runs/corpus_cache/abc.txt": "two",
    "runs/notes.txt": "three",
  });
  const home = openHome(join(folder.path, "runs"));
  const { corpus, texts } = await read(folder.path, { home });
  expect(texts).toEqual(["one", "three"]);
  expect(leftOutOf(corpus, noLosses).files.kinds).toEqual({ "folder of runs": 2 });
  expect((await read(home.corpusCache, { home })).texts).toEqual(["two"]);
});

test("a folder that may not be read is refused", () => {
  expect(() => entriesOf("/proc/self/environ")).toThrow(/cannot read \/proc\/self\/environ: ENOTDIR/);
  const deep = "d/".repeat(3000);
  expect(() => entriesOf(deep)).toThrow(`cannot read ${"d/".repeat(250)}…: its path is longer than the system takes`);
});

test("a file named itself whose marks would be learned is refused with what to do, unless it is read as text", async () => {
  await using folder = await folderOf({
    "a.xml.gz": gzipSync("<p>one</p>"),
    "a.json": '{"items": [1]}',
    "a.csv": "a,b\n1,2\n",
  });
  const at = (name: string) => join(folder.path, name);
  await expect(read(at("a.xml.gz"))).rejects.toThrow(/a\.xml\.gz is xml, whose marks .*--as text/);
  await expect(read(at("a.csv"))).rejects.toThrow(/a\.csv: no column "text": its columns are "a", "b"; --text-field/);
  expect((await read(at("a.csv"), { textField: "b" })).texts).toEqual(["2"]);
  await expect(read(at("a.json"))).rejects.toThrow(/a\.json is JSON without texts .*"items" \(array\).*jq/);
  expect((await read(at("a.csv"), { format: "text" })).texts).toEqual(["a,b\n1,2\n"]);
  expect((await read(at("a.json"), { format: "text" })).texts).toEqual(['{"items": [1]}']);
  expect((await read(at("a.json"), { format: "text" })).corpus.files[0]?.format).toBe("text");
});

test("of JSON in one long line its first letter tells whether it may hold texts", async () => {
  const record = `{"text": "${"a".repeat(1 << 17)}"}`;
  await using folder = await folderOf({ "a.json": record, "b.json": `[${"1,".repeat(1 << 16)}1]`, "c.txt": "c" });
  const { corpus, texts } = await read(folder.path);
  expect(texts).toEqual(["a".repeat(1 << 17), "c"]);
  expect(corpus.skipped).toEqual([{ path: join(folder.path, "b.json"), kind: ".json without texts" }]);
});

test("told how, a folder's files are all read so, but for what is hidden", async () => {
  await using folder = await folderOf({ "a.csv": TABLE, "b.py": "print()", "c.jsonl": "{}", ".d.txt": "hidden" });
  const { corpus, texts } = await read(folder.path, { format: "text" });
  expect(texts).toEqual([TABLE, "print()", "{}"]);
  expect(corpus.skipped).toHaveLength(1);
  await using records = await folderOf({ "a.data": '{"text":"one"}\n' });
  expect((await read(records.path, { format: "jsonl" })).texts).toEqual(["one"]);
});

test("a folder without a text is refused with what it holds", async () => {
  await using folder = await folderOf({ "a.xml": TABLE, "b.pdf": "%PDF", "config.json": "{}" });
  await expect(read(folder.path)).rejects.toThrow(
    /no text in the folder .*: its 3 entries are 1 \.xml, 1 \.pdf, 1 \.json without texts/,
  );
  await using one = await folderOf({ "config.json": "{}" });
  await expect(read(one.path)).rejects.toMatchObject({ code: "CORPUS_EMPTY" });
});

test("JSON whose first record is longer than what is looked at is read as lines", async () => {
  const long = "x".repeat(100_000);
  await using folder = await folderOf({ "a.json": `${JSON.stringify({ text: long })}\n`, "empty.json": "" });
  expect((await read(folder.path)).texts).toEqual([long]);
});

test("records whose text is in another field are found, told, and another content than those of the usual one", async () => {
  const record = (name: string, before = "") => `${before}{"id": 1, "${name}": "one"}\n`;
  await using folder = await folderOf({
    "a.jsonl": record("text"),
    "b.jsonl": record("story", " ".repeat(70_000)),
    "c.json": '[{"content": "three", "url": "x"}]',
    "blank.jsonl": "\n".repeat(70_000),
    "config.json": '{"version": "4"}',
    "d.txt": "four",
  });
  const { corpus, texts } = await read(folder.path);
  expect(texts).toEqual(["one", "one", "three", "four"]);
  const { fields, files } = leftOutOf(corpus, noLosses);
  expect(fields).toEqual({ story: 1, content: 1 });
  expect(files.names).toEqual([join(folder.path, "config.json")]); // a folder's settings are no text
  expect((await read(join(folder.path, "config.json"))).texts).toEqual(["4"]);

  const hash = async (name: string, textField: string | null = null) =>
    await (await openCorpus(join(folder.path, name), { document: "file", textField })).sha256();
  await writeFile(join(folder.path, "both.jsonl"), '{"text": "a", "body": "b"}');
  expect(await hash("both.jsonl", "text")).toBe(await hash("both.jsonl"));
  expect(await hash("both.jsonl", "body")).not.toBe(await hash("both.jsonl"));
  expect((await read(join(folder.path, "both.jsonl"), { textField: "body" })).texts).toEqual(["b"]);
  await expect(read(folder.path, { textField: "story" })).rejects.toThrow(
    /a\.jsonl:1: no string field "story": its fields are "id" \(number\), "text" \(string\); --text-field/,
  );
});

test("the hash of records with the usual field is what it has always been", async () => {
  await using folder = await folderOf({ "a.jsonl": '{"text":"one"}\n', "b.json": '["two"]', "c.txt": "three" });
  const { corpus } = await read(folder.path);
  expect(await corpus.sha256()).toBe("a2c7e36f0c926537bc864ca32546ba203b7a44bcb223159f37540a5a3faa284c");
});

test("what has a name in another encoding is skipped, and told; a name with its sign for lost characters is read", async () => {
  await using folder = await folderOf({ "a.txt": "one", "b\ufffd.txt": "two" });
  await writeFile(Buffer.concat([Buffer.from(`${folder.path}/caf`), Buffer.of(0xe9), Buffer.from(".txt")]), "lost");
  await mkdir(Buffer.concat([Buffer.from(`${folder.path}/caf`), Buffer.of(0xe8)]));
  for (const format of ["auto", "source"] as const) {
    const { corpus, texts } = await read(folder.path, { format });
    expect(texts).toEqual(["one", "two"]);
    expect(leftOutOf(corpus, noLosses).files).toMatchObject({ count: 2, kinds: { "name that is not UTF-8": 2 } });
  }
});

import { readFile, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { parquetWriteBuffer } from "hyparquet-writer";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { temporaryFolder } from "../home/temporary-folder.js";
import { assertTextFile, assertTextStart } from "./assert-text-file.js";
import { openCorpus, type OpenOptions, type ReadOptions } from "./corpus.js";
import { documentsOf } from "./document-batch.js";
import { joinedText } from "./joined-text.js";
import { leftOutOf } from "./corpus.js";
import { noLosses } from "./left-out.js";
import { damaged, openParquet } from "./parquet-file.js";
import { ParquetTexts } from "./parquet-texts.js";

const FIXTURES = join(import.meta.dirname, "../../test/fixtures/parquet");

let stories: readonly (string | null)[] = [];
let texts: readonly string[] = [];
beforeAll(async () => {
  stories = z.array(z.string().nullable()).parse(JSON.parse(await readFile(join(FIXTURES, "stories.json"), "utf8")));
  texts = stories.filter((story) => story !== null && story !== "").map(String);
});

async function read(path: string, options: Partial<OpenOptions> = {}) {
  const corpus = await openCorpus(path, { document: "file", ...options });
  const found: string[] = [];
  let progress = { bytes: 0, losses: noLosses };
  const onRead: ReadOptions["onRead"] = (now) => (progress = { ...now });
  for await (const batch of corpus.documents({ onRead }))
    for (const text of documentsOf(batch)) found.push(text.toString());
  return { corpus, texts: found, progress };
}

function tableOf(column: Parameters<typeof parquetWriteBuffer>[0]["columnData"][number], rowGroupSize = 2): Buffer {
  return Buffer.from(parquetWriteBuffer({ columnData: [column], rowGroupSize }));
}

const strings = (data: string[], name = "text") => tableOf({ name, data, type: "STRING" });

test("what pyarrow writes is read, whatever the codec, encoding, pages and row groups", async () => {
  const names = (await readdir(FIXTURES)).filter((name) => name.endsWith(".parquet") && name !== "no-text.parquet");
  expect(names).toHaveLength(9);
  for (const name of names) {
    const { corpus, texts: found, progress } = await read(join(FIXTURES, name));
    expect([name, found]).toEqual([name, texts]);
    expect(progress.bytes).toBe(corpus.totalBytes);
    expect(leftOutOf(corpus, noLosses).fields).toEqual({ story: 1 });
  }
});

test("any texts come back from what hyparquet-writer writes, in row groups of any size", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "a.parquet");
  const text = fc
    .string({ unit: "grapheme", minLength: 1 })
    .filter((each) => !each.includes("\0") && each.trim() !== "");
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 1 }), fc.integer({ min: 1, max: 5 }), async (data, size) => {
      await writeFile(path, tableOf({ name: "content", data, type: "STRING" }, size));
      expect((await read(path)).texts).toEqual(data);
    }),
    { numRuns: 30 },
  );
});

test("a folder of shards is read in their order, hashed on the way, and joined to one text", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  await writeFile(at("00001.parquet"), strings(["c", "d", "e"]));
  await writeFile(at("00000.parquet"), strings(["a", "b"]));
  await writeFile(at("numbers.parquet"), tableOf({ name: "n", data: [1, 2], type: "INT32" }));
  await writeFile(at("labels.parquet"), strings(["x"], "label"));
  const { corpus, texts: found } = await read(folder.path);
  expect(found).toEqual(["a", "b", "c", "d", "e"]);
  expect(leftOutOf(corpus, noLosses)).toMatchObject({ files: { kinds: { ".parquet without texts": 2 } }, fields: {} });
  const own = await (await openCorpus(folder.path, { document: "file" })).sha256();
  for await (const _ of corpus.documents({ hash: true })); // to the end
  await rm(at("00000.parquet"));
  expect(await corpus.sha256()).toBe(own);
  const joined: Buffer[] = [];
  const losses = { replaced: [], separators: {} };
  for await (const chunk of joinedText(corpus.files.slice(1), losses, undefined)) joined.push(chunk);
  expect(Buffer.concat(joined).toString()).toBe("c\n\nd\n\ne\n");
  await expect(read(folder.path, { textField: "label" })).rejects.toThrow(/00001\.parquet: no string column "label"/);
});

test("a text is looked into by its first row groups alone", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "a.parquet");
  await writeFile(path, strings(["aa", "b", "cc", "d", "ee"]));
  expect((await read(path, { most: 4 })).texts).toEqual(["aa", "b", "cc", "d"]);
});

test("a column that is none of strings, or not there, is refused with the columns that there are", async () => {
  const path = join(FIXTURES, "no-text.parquet");
  const columns =
    /its fields are "id" \(int64\), "tags" \(list\), "meta" \(struct\), "raw" \(byte_array\); --text-field/;
  await expect(read(path)).rejects.toThrow(columns);
  for (const textField of ["id", "tags", "meta", "raw", "none"])
    await expect(read(path, { textField })).rejects.toThrow(`no string column "${textField}"`);
});

test("what is not UTF-8 is replaced and counted, and a NUL refused with its row", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "a.parquet");
  const write = async (from: string, to: Buffer) => {
    const bytes = tableOf({ name: "text", data: ["one", "wxyz"], type: "STRING" });
    const plain = Buffer.from(bytes.toString("latin1").replaceAll(from, to.toString("latin1")), "latin1");
    await writeFile(path, plain);
  };
  await write("wxyz", Buffer.from([0x77, 0xff, 0x78, 0xe2]));
  const { texts: found, progress } = await read(path);
  expect(found).toEqual(["one", "w\uFFFDx\uFFFD"]);
  expect(progress.losses.replaced).toEqual([{ file: 0, characters: 2, bytes: 11 }]);
  await write("wxyz", Buffer.from("wx\0z"));
  await expect(read(path)).rejects.toThrow(/a\.parquet, row 2: there is a NUL at byte 2 of the text/);
});

test("a file that is cut short, empty, damaged, gzipped or none is refused with the place", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "a.parquet");
  const sound = await readFile(join(FIXTURES, "zstd-3-rows.parquet"));
  const why = async (bytes: Uint8Array) => {
    await writeFile(path, bytes);
    return await read(path).then(
      () => "read",
      (error: unknown) => String(error),
    );
  };
  for (const length of [0, 3, 11, sound.length >> 1, sound.length - 1])
    expect(await why(sound.subarray(0, length))).toMatch(/a\.parquet is no sound parquet \(.*\): is it cut short\?/);
  expect(await why(Buffer.from("text\n".repeat(10)))).toMatch(/footer != PAR1/);
  expect(await why(Buffer.concat([sound.subarray(0, 4), sound.subarray(300)]))).toMatch(/no sound parquet|read/);
  const blank = Buffer.from(sound);
  blank.fill(0, 4, sound.length >> 2);
  expect(await why(blank)).toMatch(/a\.parquet, row group 1 of 3 is no sound parquet/);
  await writeFile(`${path}.gz`, gzipSync(sound));
  await expect(read(`${path}.gz`)).rejects.toThrow(/parquet is compressed within: unpack it/);
  await expect(read(join(folder.path, "none.parquet"))).rejects.toThrow(/there is no file/);
  await rm(path);
  const gone = new ParquetTexts({ path, bytes: 10, field: "text" });
  await expect(gone.read().next()).rejects.toThrow(/there is no file/);
  expect(damaged("a", "odd").message).toContain("a is no sound parquet (odd)");
  expect(await why(Buffer.alloc(0))).toContain("no sound parquet (it has 0 bytes, too few to begin and end with PAR1)");
  const stumbles = Buffer.concat([
    Buffer.from("PAR1"),
    Buffer.alloc(100),
    Buffer.from([50, 0, 0, 0]),
    Buffer.from("PAR1"),
  ]);
  expect(await why(stumbles)).toContain("no sound parquet (its parts do not fit together): is it cut short?");
});

test("flipped bits are refused or read as texts, and never anything else", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "a.parquet");
  const sound = await readFile(join(FIXTURES, "none-plain.parquet"));
  for (let at = 4; at < sound.length; at += 61) {
    const bytes = Buffer.from(sound);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 0xff, at);
    await writeFile(path, bytes);
    const ended = await read(path).then(
      () => "",
      (error: unknown) => (error instanceof Error ? error.name : "?"),
    );
    expect([at, ended === "" || ended === "CorpusError"]).toEqual([at, true]);
  }
});

test("a row group that is too large to decode is refused before it is read", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "a.parquet");
  await writeFile(path, strings(["x".repeat(100)]));
  const texts = new ParquetTexts({ path, bytes: 10, field: "text" }, 64);
  await expect(texts.read().next()).rejects.toThrow(
    /row group 1 of 1: column "text" has more than 64 bytes in one piece: write the file with smaller row groups/,
  );
});

test("bytes that a file does not have are an error, also of one that shrank while it was read", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "a.parquet");
  const sound = strings(["x"]);
  await writeFile(path, sound);
  await using opened = await openParquet(path);
  expect((await opened.buffer.slice(sound.length - 4)).byteLength).toBe(4);
  for (const [start, end] of [
    [-1, 2],
    [4, 2],
    [0, sound.length + 1],
  ] as const)
    await expect(opened.buffer.slice(start, end)).rejects.toThrow(`no bytes ${start} to ${end} of ${sound.length}`);
  await truncate(path, 10);
  await expect(opened.buffer.slice(8, 12)).rejects.toThrow("bytes 8 to 12 end after 2");
});

test("an upload that is called parquet is one", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "part");
  await writeFile(path, strings(["x"], "label"));
  assertTextStart("a.parquet", await readFile(path));
  await assertTextFile(path, "a.parquet");
  await writeFile(path, "text");
  await expect(assertTextFile(path, "a.parquet")).rejects.toThrow(/no sound parquet/);
});

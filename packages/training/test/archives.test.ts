import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { at } from "@trainer/disk";
import { containing, scratch } from "@trainer/testing";
import { openCorpus, type OpenOptions } from "@trainer/training";
import { pack } from "tar-stream";
import { expect, test } from "vitest";
import { zipOf } from "./zip.js";

interface Member {
  readonly name: string;
  readonly type?: "file" | "directory" | "symlink";
}

/** A tar archive of these files, in their order, and of what else is to be in it. */
async function tarOf(files: Readonly<Record<string, string>>, others: readonly Member[] = []): Promise<Buffer> {
  const archive = pack();
  for (const other of others) archive.entry({ ...other, linkname: "a.txt" });
  for (const [name, text] of Object.entries(files)) archive.entry({ name }, text);
  archive.finalize();
  return await buffer(archive);
}

const FILES = {
  "./notes/b.txt": "second\nline\n",
  "notes/a.jsonl": '{"text": "a record"}\n{"text": "another"}\n',
  "page.html": "<main><p>A page.</p></main>",
  ".hidden/c.txt": "no",
  "__MACOSX/notes/._b.txt": "no",
  "picture.png": "no",
  "x.txt.gz": "no",
  "book.epub": "no",
  "within.zip": "no",
};
const DOCUMENTS = ["second\nline\n", "a record", "another", "A page.\n"];
const SKIPPED = {
  hidden: 2,
  ".png": 1,
  ".txt.gz in an archive": 1,
  ".epub in an archive": 1,
  ".zip in an archive": 1,
};

/** The documents of a corpus, and what is skipped of it, by kinds. */
async function read(path: string, options: Partial<OpenOptions> = {}) {
  const corpus = await openCorpus(path, { document: "file", ...options });
  const documents: string[] = [];
  for await (const batch of corpus.documents()) {
    let start = 0;
    for (const [i, end] of batch.ends.entries()) {
      const goesOn = i === 0 && batch.continued ? documents.pop() : "";
      documents.push(`${goesOn}${Buffer.from(batch.bytes.subarray(start, end)).toString()}`);
      start = end;
    }
  }
  const skipped: Record<string, number> = {};
  for (const { kind } of corpus.skipped) skipped[kind] = (skipped[kind] ?? 0) + 1;
  return { corpus, documents, skipped };
}

async function textOf(chunks: AsyncIterable<Buffer> = Readable.from([])): Promise<string> {
  const read: Buffer[] = [];
  for await (const chunk of chunks) read.push(chunk);
  return Buffer.concat(read).toString();
}

test.each([
  ["a.zip", async () => zipOf({ "notes/": "", ...FILES })],
  ["a.tar", async () => await tarOf(FILES, [{ name: "notes", type: "directory" }])],
  ["a.tar.gz", async () => gzipSync(await tarOf(FILES, [{ name: "l.txt", type: "symlink" }]))],
  ["a.tgz", async () => gzipSync(await tarOf(FILES))],
])(
  "the texts in %s are read as those in a folder, each by its name, with the hash of what they are",
  async (name, made) => {
    await using folder = await scratch();
    const path = folder.join(name);
    await writeFile(path, await made());
    const { corpus, documents, skipped } = await read(path);
    expect(documents).toEqual(DOCUMENTS);
    expect(skipped).toEqual(SKIPPED);
    expect(corpus.files.map((file) => file.path)).toContain(`${path}/notes/b.txt`);
    expect(corpus.totalBytes).toBe(Buffer.byteLength(Object.values(FILES).slice(0, 3).join("")));
    const plain = ["b.txt", "a.jsonl", "page.html"].map((each) => folder.join(each));
    for (const [i, text] of Object.values(FILES).slice(0, 3).entries()) await writeFile(at(plain, i), text);
    const hash = await (await openCorpus(plain, { document: "file" })).sha256();
    expect(await corpus.sha256()).toBe(hash);
    const again = await openCorpus(path, { document: "file" });
    for await (const _ of again.documents({ hash: true }));
    expect(await again.sha256()).toBe(hash);
  },
);

test("archives below a folder are read in their places, and whole where a format is named", async () => {
  await using folder = await scratch();
  await mkdir(folder.join("texts"));
  await writeFile(folder.join("texts/b.zip"), zipOf({ "2.txt": "two", "1.txt": "one", "3.png": "three" }));
  await writeFile(folder.join("texts/a.txt"), "a");
  await writeFile(folder.join("texts/c.txt"), "c");
  expect((await read(folder.join("texts"))).documents).toEqual(["a", "two", "one", "c"]);
  expect((await read(folder.join("texts"), { format: "text" })).documents).toEqual(["a", "two", "one", "three", "c"]);
  expect((await read(folder.join("texts"), { format: "source" })).skipped).toEqual({ "no text": 1 });
});

test("of files with one name a tar archive's last is read, in one pass over it, and again in another order", async () => {
  await using folder = await scratch();
  const archive = pack();
  archive.entry({ name: "a.txt" }, "old");
  archive.entry({ name: "large.txt" }, `${"word ".repeat(1_000_000)}\n`);
  archive.entry({ name: "a.txt" }, "new");
  archive.finalize();
  const path = folder.join("a.tar.gz");
  await writeFile(path, gzipSync(await buffer(archive)));
  const { corpus, documents } = await read(path);
  expect(documents.map((text) => text.slice(0, 5))).toEqual(["word ", "new"]);
  const [large, small] = corpus.files.map(({ entry }) => entry);
  const start = large?.read();
  expect((await start?.next())?.value?.subarray(0, 5).toString()).toBe("word ");
  expect(await textOf(small?.read())).toBe("new"); // while another reads
  await start?.return();
  expect((await textOf(large?.read())).length).toBe(5_000_001);
  expect(await textOf(small?.read())).toBe("new");
});

test("an archive that is cut short, damaged or locked is refused with its name, and so is one that changes", async () => {
  await using folder = await scratch();
  const zip = zipOf({ "a.txt": "word ".repeat(50_000) });
  const tar = await tarOf({ "a.txt": "word ".repeat(50_000) });
  const refused = async (name: string, bytes: Buffer, reason: string) => {
    await writeFile(folder.join(name), bytes);
    await expect(read(folder.join(name))).rejects.toMatchObject({ message: containing(reason) });
  };
  await refused("a.zip", zip.subarray(0, -30), "a.zip is of no sound zip archive");
  const damaged = Buffer.from(zip);
  damaged[60] = Number(damaged[60]) ^ 0xff;
  await refused("b.zip", damaged, "b.zip/a.txt is of no sound zip archive");
  await refused("c.zip", zipOf({ "a.txt": "a" }, { flags: 1 }), "c.zip/a.txt is locked by a password");
  await refused("d.zip", zipOf({ "../a.txt": "a" }), "invalid relative path");
  await refused(
    "e.zip",
    zipOf({ "a.txt": `${Array.from({ length: 999 }, (_, i) => i ** 3)}` }, { copies: 50 }),
    "lie over each other",
  );
  await refused("f.zip", zipOf({ "a.png": "a" }), "no text in the archive");
  for (const cut of [1, 512, 1024, 100_000, tar.length - 1])
    await refused(`${cut}.tar`, tar.subarray(0, -cut), `${cut}.tar is no sound tar archive`);
  await refused("a.tar.gz", gzipSync(tar).subarray(0, -20), "a.tar.gz is a gzip file cut short");
  await refused("b.tar", Buffer.from("no archive at all ".repeat(100)), "b.tar is no sound tar archive");
  const path = folder.join("g.tar");
  await writeFile(path, tar);
  const corpus = await openCorpus(path, { document: "file" });
  await writeFile(path, Buffer.concat([tar, Buffer.alloc(512)]));
  await expect(corpus.assertUnchanged()).rejects.toThrow("g.tar changed while it was being read");
  await expect(openCorpus(join(folder.path, "none.zip"), { document: "file" })).rejects.toMatchObject({
    code: "CORPUS_NOT_FOUND",
  });
});

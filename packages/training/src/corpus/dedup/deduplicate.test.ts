import { truncateSync, writeFileSync } from "node:fs";
import { open, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { scratch } from "@trainer/testing";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { openCorpus } from "../corpus.js";
import { documentsOf } from "../document-batch.js";
import { deduplicate, type DeduplicateOptions } from "./deduplicate.js";
import { DocumentPlaces } from "./document-places.js";
import { ExactIndex } from "./exact-index.js";
import { formatOfKept, KeptFile } from "./kept-file.js";

const NEAR = { document: "file", separator: "auto", out: null, similarity: 0.8 } as const;
const EXACT = { ...NEAR, similarity: null } as const;

/** A text of a hundred words, which has nothing of any other number's. */
const text = (number: number) => Array.from({ length: 100 }, (_, i) => `n${number}w${i}`).join(" ");
const jsonl = (texts: readonly string[]) => texts.map((each) => `${JSON.stringify({ text: each })}\n`).join("");

/** All documents of a file, whole. */
async function documents(path: string, options: Pick<DeduplicateOptions, "document" | "separator">): Promise<string[]> {
  const found: string[] = [];
  let isOpen = false;
  for await (const batch of (await openCorpus(path, options)).documents()) {
    for (const bytes of documentsOf(batch)) {
      if (isOpen) found.push(`${found.pop()}${bytes.toString()}`);
      else found.push(bytes.toString());
      isOpen = false;
    }
    isOpen = batch.open;
  }
  return found;
}

test("of equal documents and near ones the first stays, and it is told what went and what it is like", async () => {
  await using folder = await scratch();
  const [one, two] = [join(folder.path, "one.jsonl"), join(folder.path, "two.jsonl.gz")];
  const out = join(folder.path, "unique.jsonl");
  const near = text(2).replace("n2w50", "changed").toUpperCase();
  await writeFile(one, jsonl([text(1), text(2), text(1)]));
  await writeFile(two, gzipSync(jsonl([text(3), near, "!!!", "???", "!!!"])));
  const stages: string[] = [];
  const result = await deduplicate([one, two], { ...NEAR, out, onRead: ({ stage }) => stages.push(stage) });
  expect(await readFile(out, "utf8")).toBe(jsonl([text(1), text(2), text(3), "!!!", "???"]));
  expect(await readdir(folder.path)).toHaveLength(3); // nothing temporary
  expect(new Set(stages)).toEqual(new Set(["compare", "examples"]));
  const bytes = (...texts: string[]) => texts.reduce((sum, each) => sum + each.length, 0);
  expect(result).toMatchObject({
    files: 2,
    all: { documents: 8, bytes: bytes(text(1), text(1), text(2), near, text(3)) + 9 },
    kept: { documents: 5, bytes: bytes(text(1), text(2), text(3)) + 6 },
    exact: { documents: 2, bytes: bytes(text(1)) + 3 },
    near: { documents: 1, bytes: bytes(near) },
    examples: [
      {
        kind: "exact",
        similarity: 1,
        kept: { path: one, number: 1, start: text(1).slice(0, 80) },
        removed: { path: one, number: 3, start: text(1).slice(0, 80) },
      },
      {
        kind: "exact",
        kept: { path: two, number: 3, start: "!!!" },
        removed: { path: two, number: 5, start: "!!!" },
      },
      {
        kind: "near",
        kept: { path: one, number: 2, start: text(2).slice(0, 80) },
        removed: { path: two, number: 2, start: near.slice(0, 80) },
      },
    ],
    leftOut: { characters: { count: 0 } },
  });
  expect(result.examples[2]?.similarity).toBeGreaterThan(0.85); // 91 of 101 shingles
  expect(result.examples[2]?.similarity).toBeLessThan(0.97);
  expect(result.tableBytes).toBeGreaterThan(0);
});

test("where only equal documents are copies, near ones stay, and it is the bytes that count", async () => {
  await using folder = await scratch();
  const path = join(folder.path, "texts.jsonl");
  const out = join(folder.path, "unique.jsonl");
  const texts = [text(1), `${text(1)} `, text(1).toUpperCase()];
  await writeFile(path, jsonl([...texts, ...texts.toReversed()]));
  expect(await deduplicate(path, { ...EXACT, out })).toMatchObject({ exact: { documents: 3 }, near: { documents: 0 } });
  expect(await documents(out, NEAR)).toEqual(texts);
});

test("examples are the first of the equal and the least alike of the near ones", async () => {
  await using folder = await scratch();
  const path = join(folder.path, "texts.jsonl");
  const changed = (words: number) =>
    Array.from({ length: words }, (_, i) => i).reduce((all, i) => all.replace(`n1w${10 * i} `, `x${i} `), text(1));
  await writeFile(path, jsonl([text(1), ...[0, 0, 0, 0, 0, 1, 2, 1, 2, 1].map(changed)]));
  const { examples, exact, near } = await deduplicate(path, { ...NEAR, similarity: 0.5 });
  expect([exact.documents, near.documents]).toEqual([5, 5]);
  expect(examples.map(({ kind, removed }) => `${kind} ${removed.number}`)).toEqual([
    "exact 2",
    "exact 3",
    "exact 4",
    "near 8",
    "near 10",
    "near 7",
  ]);
});

test("a document and its copies are what they are cut to: lines, paragraphs, between separators", async () => {
  await using folder = await scratch();
  const path = join(folder.path, "text.txt");
  const out = (name: string) => join(folder.path, name);
  await writeFile(path, "one\ntwo\n\none\ntwo\n\nthree\none\n");
  await deduplicate(path, { ...NEAR, document: "line", out: out("lines.txt") });
  expect(await readFile(out("lines.txt"), "utf8")).toBe("one\ntwo\nthree\n");
  await deduplicate(path, { ...NEAR, document: "paragraph", out: out("paragraphs.txt") });
  expect(await readFile(out("paragraphs.txt"), "utf8")).toBe("one\ntwo\n<|endoftext|>\nthree\none\n<|endoftext|>\n");
  await writeFile(path, "a\n\nb\n===\na\n\nb\n===\n c\r\n");
  const separator = "===";
  await deduplicate(path, { ...NEAR, separator, out: out("parts.TXT") });
  expect(await documents(out("parts.TXT"), { document: "file", separator })).toEqual(["a\n\nb", " c\r\n"]);
  await deduplicate(path, { ...NEAR, separator: "none", out: out("whole.txt") });
  expect(await readFile(out("whole.txt"), "utf8")).toBe("a\n\nb\n===\na\n\nb\n===\n c\r\n\n<|endoftext|>\n");
});

test("what is written is read as the same documents", async () => {
  await using folder = await scratch();
  let round = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.string({ unit: fc.constantFrom(...Array.from('ab \n\r\t"\\é🙂\u2028<|\u0001')) }), {
        minLength: 1,
      }),
      async (texts) => {
        const wanted = texts.filter((each) => each.trim() !== "");
        fc.pre(wanted.length > 0);
        round += 1;
        const path = join(folder.path, `${round}.jsonl`);
        const plain = join(folder.path, `${round}-kept.txt`);
        const records = join(folder.path, `${round}-kept.jsonl`);
        await writeFile(path, jsonl([...texts, ...texts]));
        await deduplicate(path, { ...EXACT, out: plain });
        await deduplicate(path, { ...EXACT, out: records });
        // In plain text a carriage return before the separator's line is of its line break.
        expect(await documents(plain, NEAR)).toEqual(wanted.map((each) => each.replace(/\r$/, "")));
        expect(await documents(records, NEAR)).toEqual(wanted);
      },
    ),
    { numRuns: 25 },
  );
});

test("a document larger than a batch is compared and written whole, or taken back whole", async () => {
  await using folder = await scratch();
  const path = join(folder.path, "long.txt");
  const out = join(folder.path, "kept.jsonl");
  const long = Array.from({ length: 450_000 }, (_, i) => `${i * 7919}`).join(" "); // 4.7 MB
  await writeFile(path, ["first", long, "second", `${long} and more`, long, "third"].join("\n</s>\n"));
  const result = await deduplicate(path, { ...NEAR, out });
  expect(result).toMatchObject({ kept: { documents: 4 }, exact: { documents: 1 }, near: { documents: 1 } });
  const kept = await documents(out, NEAR);
  expect(kept.map((each) => each.length)).toEqual([5, long.length, 6, 5]);
  expect(kept[1] === long).toBe(true);
  expect(result.examples.map(({ removed }) => removed.number)).toEqual([5, 4]);
});

test("one document is kept, and of all the same the first", async () => {
  await using folder = await scratch();
  const path = join(folder.path, "text.txt");
  await writeFile(path, "some text");
  expect(await deduplicate(path, NEAR)).toMatchObject({ all: { documents: 1 }, kept: { documents: 1 }, examples: [] });
  await writeFile(path, "the same\n".repeat(5000));
  const same = await deduplicate(path, { ...NEAR, document: "line" });
  expect(same).toMatchObject({ kept: { documents: 1 }, exact: { documents: 4999 } });
});

test("many documents are told apart while the tables grow, and the same text gives the same file", async () => {
  await using folder = await scratch();
  const path = join(folder.path, "texts.txt");
  const lines = Array.from({ length: 6000 }, (_, i) => `line ${i} ${i * 31} of many that are all different ${i}`);
  await writeFile(path, [...lines, ...lines].join("\n"));
  const [one, two] = [join(folder.path, "a.txt"), join(folder.path, "b.txt")];
  const options = { ...NEAR, document: "line" } as const;
  expect(await deduplicate(path, { ...options, similarity: null, out: one })).toMatchObject({
    kept: { documents: 6000 },
    exact: { documents: 6000 },
  });
  expect(await documents(one, options)).toEqual(lines);
  await deduplicate(path, { ...options, similarity: null, out: two });
  expect((await readFile(two)).equals(await readFile(one))).toBe(true);
});

test("a file that is there is left as it is, also one that came meanwhile", async () => {
  await using folder = await scratch();
  const [path, out] = [join(folder.path, "text.txt"), join(folder.path, "out.jsonl")];
  await writeFile(path, "some text");
  await expect(deduplicate(path, { ...NEAR, out: path })).rejects.toThrow("text.txt is there already: name a new file");
  await symlink(join(folder.path, "nowhere"), `${out}.txt`);
  await expect(deduplicate(path, { ...NEAR, out: `${out}.txt` })).rejects.toThrow("is there already");
  await rm(`${out}.txt`);
  const onRead = () => writeFileSync(out, "", { flag: "a" });
  await expect(deduplicate(path, { ...NEAR, out, onRead })).rejects.toMatchObject({ code: "INVALID_INPUT" });
  expect(await readFile(out, "utf8")).toBe("");
  expect((await readdir(folder.path)).toSorted()).toEqual(["out.jsonl", "text.txt"]);
});

test("a text that changes meanwhile is refused, also where nothing is written", async () => {
  await using folder = await scratch();
  const path = join(folder.path, "texts.jsonl");
  const out = join(folder.path, "out.jsonl");
  const content = jsonl([text(1), text(2), text(2)]);
  const onRead = () => truncateSync(path, jsonl([text(1)]).length);
  await writeFile(path, content);
  await expect(deduplicate(path, { ...NEAR, out, onRead })).rejects.toThrow("changed while");
  await writeFile(path, content);
  await expect(deduplicate(path, { ...NEAR, onRead })).rejects.toThrow("changed while");
  expect(await readdir(folder.path)).toEqual(["texts.jsonl"]);
});

test("where no file can be made is said before the text is read, by the folder", async () => {
  await using folder = await scratch();
  const path = join(folder.path, "text.txt");
  await writeFile(path, "some text");
  const to = (out: string) => deduplicate("unread", { ...NEAR, out });
  await expect(to(join(folder.path, "none", "x.txt"))).rejects.toThrow(
    `there is no folder ${join(folder.path, "none")} to write x.txt in: make it first`,
  );
  await expect(to(join(path, "x.txt"))).rejects.toThrow(`there is no folder ${path} to write x.txt in`);
  await expect(to("/proc/x.txt")).rejects.toThrow("nothing can be written in /proc (");
});

test("a stop leaves nothing behind", async () => {
  await using folder = await scratch();
  const path = join(folder.path, "text.txt");
  await writeFile(path, "some text");
  const stop = new AbortController();
  stop.abort(new Error("stopped"));
  const options = { ...NEAR, out: join(folder.path, "out.txt"), signal: stop.signal };
  await expect(deduplicate(path, options)).rejects.toThrow("stopped");
  expect(await readdir(folder.path)).toEqual(["text.txt"]);
});

test("a record that has the separator in it is refused as plain text, by its place", async () => {
  await using folder = await scratch();
  const path = join(folder.path, "texts.jsonl");
  await writeFile(path, jsonl(["one", "two\n<|endoftext|>\nthree"]));
  await expect(deduplicate(path, { ...NEAR, out: join(folder.path, "out.txt") })).rejects.toThrow(
    `document 2 of ${path} has the separator <|endoftext|> in its text`,
  );
  await deduplicate(path, { ...NEAR, out: join(folder.path, "out.jsonl") });
});

test("more documents than memory holds are refused with what to do", async () => {
  await using folder = await scratch();
  const path = join(folder.path, "text.txt");
  await writeFile(path, "one\ntwo\n");
  await expect(deduplicate(path, { ...NEAR, document: "line", mostTableBytes: 1 << 20 })).rejects.toThrow(
    "2 documents are more than 1 MiB of memory hold",
  );
});

test("no text is refused", async () => {
  await using folder = await scratch();
  const path = join(folder.path, "text.txt");
  await writeFile(path, " \n");
  await expect(deduplicate(path, NEAR)).rejects.toMatchObject({ code: "CORPUS_EMPTY" });
});

test("digests that differ in any of their numbers are different", () => {
  const index = new ExactIndex();
  const digest = (...numbers: number[]) => {
    const bytes = Buffer.alloc(32);
    for (const [i, number] of numbers.entries()) bytes.writeUInt32LE(number, 4 * i);
    return bytes;
  };
  const all = [digest(1, 1, 1, 1), digest(1, 2, 1, 1), digest(1, 1, 2, 1), digest(1, 1, 1, 2), digest(2, 1, 1, 1)];
  for (const [i, each] of all.entries()) {
    expect(index.find(each)).toBe(null);
    index.add(each, i);
  }
  expect(all.map((each) => index.find(each))).toEqual([0, 1, 2, 3, 4]);
});

test("a dropped document leaves those before it, written or not", async () => {
  await using folder = await scratch();
  const path = join(folder.path, "kept.txt");
  await using file = await open(path, "wx");
  const kept = new KeptFile(file, formatOfKept("kept.txt", "line", "none"));
  const put = async (piece: string, stays: boolean) => {
    kept.begin();
    await kept.append(Buffer.from(piece));
    if (stays) kept.keep();
    else kept.drop();
  };
  const large = "x".repeat(5 << 20);
  await put("one", true);
  await put("two", false);
  await put(large, false);
  await put("three", true);
  await put(large, true);
  await put("four", false);
  await put("five", true);
  await kept.end();
  expect((await readFile(path, "utf8")).replace(large, "large")).toBe("one\nthree\nlarge\nfive\n");
});

test("a document is in the first file that ends after it, or in the one at hand", () => {
  const places = new DocumentPlaces([{ path: "one" }, { path: "none" }, { path: "two" }]);
  expect(places.of(1)).toEqual({ path: "one", number: 2 });
  for (const documents of [2, 2]) places.endFile(documents);
  expect(places.of(1)).toEqual({ path: "one", number: 2 });
  expect(places.of(2)).toEqual({ path: "two", number: 1 });
});

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { expect, test } from "vitest";
import { temporaryFolder } from "../home/temporary-folder.js";
import { ConversationDocuments, placeOf, plainTexts } from "./conversation-documents.js";
import type { Turn } from "./conversation.js";
import { openCorpus, type Corpus, type OpenOptions } from "./corpus.js";
import { documentsOf } from "./document-batch.js";
import { ParquetTexts } from "./parquet-texts.js";
import { planSplit } from "./split-plan.js";

const asked = (i: number) => `Where is ${i}?`;
const answered = (i: number) => `There, "${i}"\nand here.`;
const chat = (i: number) => ({
  messages: [
    { role: "user", content: asked(i) },
    { role: "assistant", content: answered(i) },
  ],
});
const turns = (i: number): Turn[] => [
  { role: "user", content: asked(i), trained: false },
  { role: "assistant", content: answered(i), trained: true },
];
const lines = (records: readonly unknown[]) => records.map((record) => JSON.stringify(record)).join("\n");

async function open(name: string, content: string | Uint8Array, options: Partial<OpenOptions> = {}) {
  const folder = await temporaryFolder();
  const path = join(folder.path, name);
  await writeFile(path, content);
  const corpus = await openCorpus(path, { document: "line", records: "auto", ...options }).catch(
    async (error: unknown) => {
      await folder[Symbol.asyncDispose]();
      throw error;
    },
  );
  return { corpus, path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

async function conversationsOf(corpus: Corpus): Promise<(readonly Turn[])[]> {
  const documents = new ConversationDocuments();
  const found: (readonly Turn[])[] = [];
  for await (const batch of corpus.documents()) found.push(...documents.push(batch));
  return found;
}

const three = [1, 2, 3];
const table = ["prompt,completion", ...three.map((i) => `${asked(i)},"${answered(i).replaceAll('"', '""')}"`)].join(
  "\n",
);
const parquet = Buffer.from(
  parquetWriteBuffer({
    columnData: [
      { name: "id", data: three.map(BigInt), type: "INT64" },
      { name: "instruction", data: three.map(asked), type: "STRING" },
      { name: "output", data: three.map(answered), type: "STRING" },
    ],
    rowGroupSize: 2,
  }),
);

/** As data sets of messages have them: a list of structs. */
const column = (name: string) =>
  ({ name, type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" }) as const;
const nested = Buffer.from(
  parquetWriteBuffer({
    schema: [
      { name: "root", num_children: 1 },
      { name: "messages", repetition_type: "OPTIONAL", num_children: 1, converted_type: "LIST" },
      { name: "list", repetition_type: "REPEATED", num_children: 1 },
      { name: "element", repetition_type: "OPTIONAL", num_children: 2 },
      column("content"),
      column("role"),
    ],
    columnData: [{ name: "messages", data: three.map((i) => chat(i).messages) }],
  }),
);

test.each([
  ["nested.parquet", nested],
  ["lines.jsonl", lines(three.map(chat))],
  ["lines.json", `\n${lines(three.map(chat))}`],
  ["array.json", JSON.stringify(three.map(chat))],
  ["chats.jsonl.gz", gzipSync(lines(three.map(chat)))],
  ["table.csv", table],
  ["table.tsv", table.replaceAll(",", "\t").replaceAll("There\t", "There,")],
  ["table.parquet", parquet],
  ["mixed.jsonl", lines([chat(1), { prompt: asked(2), completion: answered(2) }, chat(3)])],
])("%s has the same conversations, each a document, whatever a document else is", async (name, content) => {
  await using opened = await open(name, content);
  expect(await conversationsOf(opened.corpus)).toEqual(three.map(turns));
});

test.each([
  [
    "a.jsonl",
    lines([chat(1), { text: "b" }]),
    "auto",
    /a\.jsonl:2: no conversation: expected the fields .*its fields are "text"$/,
  ],
  [
    "a.jsonl",
    lines([chat(1)]),
    "alpaca",
    /a\.jsonl:1: no conversation: by the format alpaca, .*its fields are "messages"$/,
  ],
  ["a.jsonl", '{"messages": [', "auto", /a\.jsonl:1: .*expected an object with a conversation$/],
  ["a.json", "[1]", "auto", /a\.json, element 1 of the array: no conversation/],
  ["a.csv", "prompt,answer\na,b", "auto", /a\.csv, row 2: no conversation: .*its fields are "prompt", "answer"$/],
  ["a.parquet", parquet, "messages", /a\.parquet, row 1: no conversation: by the format messages,/],
  ["a.txt", "User: a", "auto", /a\.txt is read as text: conversations are records of .*; --as jsonl reads it/],
] as const)(
  "%s that has no such conversations is refused, with its place (%#)",
  async (name, content, records, message) => {
    await expect(open(name, content, { records })).rejects.toThrow(message);
  },
);

test("who asks for texts of a file of conversations is told how to read it", async () => {
  await expect(open("a.jsonl", lines([chat(1)]), { records: "text" })).rejects.toThrow(
    /its fields are "messages" \(array\); --text-field names the one with the text, `trainer train --format auto` reads conversations; each/,
  );
});

test("a file without records has no text", async () => {
  for (const name of ["a.jsonl", "a.json"]) await expect(open(name, "\n\n")).rejects.toThrow(/there is no text in/);
});

test("in a folder what has no conversations is skipped, and told", async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "chats.jsonl"), lines([chat(1)]));
  await writeFile(join(folder.path, "readme.txt"), "Read me.");
  await writeFile(join(folder.path, "other.jsonl"), lines([{ text: "b" }]));
  const corpus = await openCorpus(folder.path, { document: "line", records: "messages" });
  expect(await conversationsOf(corpus)).toEqual([turns(1)]);
  expect(corpus.skipped.map(({ kind }) => kind)).toEqual([
    ".jsonl without conversations",
    ".txt without conversations",
  ]);
});

test("what is wrong further on in a large file is found when it is read", async () => {
  const many = Array.from({ length: 2000 }, (_, i) => chat(i));
  await using opened = await open("a.jsonl", lines([...many, { prompt: 1 }]));
  await expect(conversationsOf(opened.corpus)).rejects.toThrow(/a\.jsonl:2001: no conversation/);
});

test("a group of rows that is too large to be decoded is refused", async () => {
  await using opened = await open("a.parquet", parquet);
  const texts = new ParquetTexts({ path: opened.path, bytes: parquet.length, field: null }, 8, "auto");
  await expect(texts.read().next()).rejects.toThrow(/row group 1 of 2: a row group has more than 8 bytes in one piece/);
});

test("a conversation larger than a batch comes whole, between others", async () => {
  const long = { prompt: "é".repeat(3 << 20), completion: "b" };
  await using opened = await open("a.jsonl", lines([chat(1), long, chat(2)]));
  const found = await conversationsOf(opened.corpus);
  expect(found.map((each) => each.map(({ content }) => content.length))).toEqual([
    turns(1).map(({ content }) => content.length),
    [3 << 20, 1],
    turns(2).map(({ content }) => content.length),
  ]);
});

test("a conversation is never cut to be split", async () => {
  const long = { prompt: "one line\n".repeat(10_000), completion: "b" };
  const fractions = { holdoutFraction: 0.1, testSplitRatio: 0, seed: 1 };
  await using two = await open("a.jsonl", lines([chat(1), long]));
  await expect(planSplit(two.corpus, fractions)).rejects.toThrow(
    /too little text to split: 2 .*different.*; give more text/,
  );
  await using more = await open("a.jsonl", lines([long, ...three.map(chat)]));
  expect(await planSplit(more.corpus, fractions)).toMatchObject({ by: "document" });
});

test("a tokenizer learns from what is said, and not from the records", async () => {
  await using opened = await open("a.jsonl", lines([chat(1), { prompt: "", completion: "b" }]));
  const texts: string[] = [];
  for await (const batch of plainTexts(opened.corpus, opened.corpus.documents()))
    texts.push(...Array.from(documentsOf(batch), String));
  expect(texts).toEqual([asked(1), answered(1), "b"]);
});

test("halves of surrogate pairs are counted, and a conversation is found again by its turns", async () => {
  await using opened = await open("a.jsonl", lines([chat(1), { prompt: "\ud800", completion: "b" }, chat(2)]));
  const found = await conversationsOf(opened.corpus);
  expect(found[1]?.[0]?.content).toBe("\ufffd");
  expect(await placeOf(opened.corpus, found[1] ?? [])).toBe(`record 2 of ${opened.path}`);
  let replaced = 0;
  for await (const _ of opened.corpus.documents({
    onRead: ({ losses }) => (replaced = losses.replaced[0]?.characters ?? 0),
  }));
  expect(replaced).toBe(1);
});

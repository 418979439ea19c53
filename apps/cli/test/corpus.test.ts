import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { aString, containing } from "@trainer/testing";
import { beforeAll, expect, test } from "vitest";
import { commandLine } from "./command-line.js";
import { corpusFolder } from "./corpus.js";

const shared = { folder: "", home: "" };
const TINY = fileURLToPath(new URL("../../../packages/training/test/fixtures/tiny-gpt2", import.meta.url));
const { trainer, json } = commandLine(() => shared.home);

beforeAll(async () => {
  const { folder } = await corpusFolder();
  Object.assign(shared, { folder, home: join(folder, "home") });
});

test("corpus show tells what a text is like", async () => {
  const path = join(shared.folder, "text.txt");
  await writeFile(path, "one line\nпривет\none line\none line\n");
  const { code, stdout } = await trainer(["corpus", "show", path]);
  expect(code).toBe(0);
  expect(stdout).toBe(
    [
      "files       1, 40 B",
      "lines       4",
      "characters  30",
      "duplicates  2 lines (50.0 %)",
      "longest     8 characters: one line",
      "scripts     Latin 70.0 %, Cyrillic 20.0 %, Common 10.0 %",
      "",
      "documents: whole files and records (--document file)",
      "  1  one line привет one line one line ",
      "",
    ].join("\n"),
  );
  await writeFile(path, Buffer.concat([Buffer.from("a text that is long enough\n"), Buffer.of(0xff)]));
  expect((await trainer(["corpus", "show", path])).stdout).toContain(
    `left out    1 character is not UTF-8 and became U+FFFD: 1 in ${path} (3.6 % of its bytes)`,
  );
  expect((await json(["corpus", "show", path])).last).toMatchObject({
    lines: 2,
    replaced_characters: 1,
    duplicates_exact: true,
    longest_line: { characters: 26 },
  });
  expect(await trainer(["corpus", "show", join(shared.folder, "none")])).toMatchObject({ code: 1 });
});

test("corpus show tells what of a folder is not read, and reads all of it as text when told to", async () => {
  const folder = join(shared.folder, "mixed");
  await mkdir(folder);
  await writeFile(join(folder, "a.txt"), "one\n<|endoftext|>\ntwo\n<|endoftext|>\n");
  await writeFile(join(folder, "b.xml"), "text\nthree\n");
  await writeFile(join(folder, "._a.txt"), Buffer.of(0, 5, 22, 7));
  const { code, stdout } = await trainer(["corpus", "show", folder]);
  expect(code).toBe(0);
  expect(stdout).toContain("left out    2 files were not read (1 hidden, 1 .xml): ");
  expect(stdout).toContain("left out    2 lines of `<|endoftext|>` taken for the end of a document, and for no text");
  expect((await json(["corpus", "show", folder])).last).toMatchObject({
    files: 1,
    lines: 2,
    left_out: { files: { count: 2, kinds: { hidden: 1, ".xml": 1 } }, separators: { count: 2 } },
  });
  expect((await json(["corpus", "show", folder, "--as", "text", "--document-separator", "none"])).last).toMatchObject({
    files: 2,
    lines: 6,
    left_out: { files: { count: 1 }, separators: { count: 0 } },
  });
});

test("corpus show takes the text of records from the field that looks like it, or that is named", async () => {
  const path = join(shared.folder, "records.jsonl");
  await writeFile(path, '{"title":"one two","story":"three"}\n');
  const shown = (await trainer(["corpus", "show", path])).stdout;
  expect(shown).toContain("\nread as     1 jsonl\n");
  expect(shown).toContain('left out    the text of 1 file is the field "story" alone');
  expect((await json(["corpus", "show", path, "--text-field", "title"])).last).toMatchObject({
    formats: { jsonl: 1 },
    characters: 7,
    left_out: { fields: { title: 1 } },
  });
  const { code, stderr } = await trainer(["corpus", "show", path, "--text-field", "body"]);
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining('no string field "body": its fields are "title" (string)'),
  ]);
});

test("corpus show shows the first documents as a training cuts them, as many as are wanted", async () => {
  const path = join(shared.folder, "letters.txt");
  await writeFile(path, `${"a".repeat(150)}\n\u2028b\n\n${"c".repeat(5000)}`);
  const documents = async (...asked: string[]) => {
    const { stdout } = await trainer(["corpus", "show", path, ...asked]);
    return stdout.split("\n").slice(6).join("\n");
  };
  expect(await documents("--document", "paragraph", "--examples", "2")).toBe(
    `
documents: what stands between blank lines (--document paragraph)
  1  ${"a".repeat(100)} …
  2  ${"c".repeat(100)} …
`,
  );
  expect(await documents("--document", "line", "--examples", "1")).toContain(`\n  1  ${"a".repeat(100)} …\n`);
  expect(await documents("--examples", "0")).toBe("");
  const read = (await json(["corpus", "show", path, "--document", "paragraph"])).last;
  expect(read).toMatchObject({
    document: "paragraph",
    documents: [{ cut: false }, { text: "c".repeat(2000), cut: true }],
  });
});

test("corpus show tells what of conversations is learnt, with the first of them", async () => {
  const path = join(shared.folder, "chats.jsonl");
  const asked = {
    messages: [
      { role: "system", content: "Be kind." },
      { role: "user", content: "Hi\nthere" },
    ],
  };
  const answer = { role: "assistant", content: "Hello 🙂" };
  const chat = { messages: [...asked.messages, answer, { ...answer, weight: 0 }] };
  const short = { instruction: "Add 1 and 1.", input: "", output: "2" };
  const lines = (records: readonly unknown[]) => records.map((each) => `${JSON.stringify(each)}\n`).join("");
  await writeFile(path, lines([chat, chat, short]));
  const { stdout } = await trainer(["corpus", "show", path, "--format", "auto", "--examples", "1"]);
  expect(stdout).toBe(
    [
      "files       1, 437 B",
      "read as     1 jsonl",
      "records     3 conversations",
      "turns       2 system, 3 user, 5 assistant",
      "answers     3 to learn, 15 of 73 characters (20.5 %)",
      "duplicates  1 (33.3 %)",
      "longest     30 characters in 4 turns",
      "",
      "conversation 1",
      "  read   system    Be kind.",
      "  read   user      Hi there",
      "  learnt assistant Hello 🙂",
      "  read   assistant Hello 🙂",
      "",
    ].join("\n"),
  );
  const { code, stderr } = await trainer(["corpus", "show", path, "--format", "messages"]);
  expect([code, stderr]).toEqual([1, expect.stringContaining(`${path}:3: no conversation: by the format messages`)]);
  expect((await json(["corpus", "show", path, "--format", "auto"])).last).toMatchObject({
    learnt: { turns: 3, characters: 15 },
    examples: [[{ role: "system" }, {}, {}, { trained: false }], {}, { length: 2 }],
  });
  await writeFile(path, lines([{ ...short, output: "\ud800" }]));
  const halves = (await trainer(["corpus", "show", path, "--format", "alpaca"])).stdout;
  expect(halves).toContain("\nturns       1 user, 1 assistant\n");
  expect(halves).toContain("\nleft out    1 character");
});

test("a file of nothing but a byte order mark has no text", async () => {
  const path = join(shared.folder, "mark.txt");
  await writeFile(path, "\uFEFF");
  const { code, stderr } = await trainer(["corpus", "show", path]);
  expect(code).toBe(1);
  expect(stderr).toContain("there is no text in");
});

test("corpus show says where it estimates", async () => {
  const path = join(shared.folder, "many.txt");
  await writeFile(path, Array.from({ length: 1_100_000 }, (_, i) => `${i}\n`).join(""));
  expect((await trainer(["corpus", "show", path])).stdout).toMatch(
    /^duplicates {2}about [\d,]+ lines \([0-3]\.\d %\)$/m,
  );
});

test("corpus dedup writes a text without its copies, and tells what went", async () => {
  const path = join(shared.folder, "posts.jsonl");
  const out = join(shared.folder, "unique posts.jsonl");
  const post = Array.from({ length: 40 }, (_, i) => `word${i}`).join(" ");
  const record = (text: string) => `${JSON.stringify({ text })}\n`;
  await writeFile(path, [post, post, `${post} more and more`, "another"].map(record).join(""));
  const { code, stdout } = await trainer(["corpus", "dedup", path, "--out", out]);
  expect(code).toBe(0);
  const shown = post.slice(0, 80);
  expect(stdout.replace(/ 0\.9\d$/m, " 0.9x")).toBe(
    [
      "documents   4, 828 B",
      "equal       1, 269 B (32.5 %)",
      "near        1, 283 B (34.2 %)",
      "kept        2, 276 B (33.3 %)",
      "memory      1.50 MiB for what was compared",
      "",
      "equal",
      `  kept       ${path}, document 1: ${shown}`,
      `  taken away ${path}, document 2: ${shown}`,
      "",
      "similarity 0.9x",
      `  kept       ${path}, document 1: ${shown}`,
      `  taken away ${path}, document 3: ${shown}`,
      "",
      "Next:",
      `  trainer train '${out}' --document file --home ${shared.home}`,
      "",
    ].join("\n"),
  );
  expect(await readFile(out, "utf8")).toBe(record(post) + record("another"));
  expect((await json(["corpus", "dedup", path, "--dry-run", "--exact"])).last).toMatchObject({
    out: null,
    files: 1,
    documents: 4,
    bytes: 828,
    kept: { documents: 3 },
    exact: { documents: 1, bytes: 269 },
    near: { documents: 0 },
    examples: [{ kind: "exact", similarity: 1, kept: { path, document: 1, start: shown }, removed: { document: 2 } }],
    left_out: { characters: { count: 0 } },
  });
  expect(await trainer(["corpus", "dedup", path, "--out", out])).toMatchObject({
    code: 1,
    stderr: containing("unique posts.jsonl is there already"),
  });
});

test("corpus clean writes a text with masks and without what is too short, and tells what went", async () => {
  const [path, out] = [join(shared.folder, "dirty.jsonl"), join(shared.folder, "clean.txt")];
  const again = "again and ".repeat(9).trim();
  const texts = ["mail me at a@b.org", "no", again, "no no"];
  await writeFile(path, texts.map((each) => `${JSON.stringify({ note: each })}\n`).join(""));
  const line = [
    "corpus",
    "clean",
    path,
    "--mask",
    "email,phone",
    "--country",
    "DE",
    "--min-words",
    "3",
    "--repetition",
  ];
  const { code, stdout } = await trainer([...line, "--out", out]);
  expect(code).toBe(0);
  expect(stdout).toBe(
    [
      "documents   4, 114 B",
      "kept        1, 18 B (15.8 %)",
      "taken away  2, 7 B (6.1 %): fewer than 3 words",
      "taken away  1, 89 B (78.1 %): the commonest 2 words",
      "masked      1 email, in 1 of 1 documents",
      "masked      0 phone, in 0 of 1 documents",
      'left out    the text of 1 file is the field "note" alone',
      "",
      "fewer than 3 words",
      `  taken away 1 word: ${path}, document 2: no`,
      `  taken away 2 words: ${path}, document 4: no no`,
      "",
      "the commonest 2 words",
      `  taken away 91.0 %: ${path}, document 3: ${again.slice(0, 80)}`,
      "",
      "email",
      `  masked     ${path}, document 1: a@b.org`,
      "",
      "Next:",
      `  trainer train ${out} --document file --document-separator auto --home ${shared.home}`,
      "",
    ].join("\n"),
  );
  expect(await readFile(out, "utf8")).toBe("mail me at <EMAIL>\n<|endoftext|>\n");
  expect((await json([...line, "--dry-run"])).last).toMatchObject({
    out: null,
    documents: 4,
    removed: [
      {
        rule: "fewer than 3 words",
        measure: "words",
        examples: [{ value: 1, path, document: 2, start: "no" }, { value: 2 }],
      },
      { measure: "share", documents: 1 },
    ],
    masked: [{ kind: "email", count: 1, examples: [{ written: "a@b.org", path, document: 1 }] }, { count: 0 }],
  });
});

test("corpus leak tells what of a benchmark lies in a text, and where", async () => {
  const [path, against] = [join(shared.folder, "train.txt"), join(shared.folder, "bench.jsonl")];
  const question = Array.from({ length: 14 }, (_, i) => `word${i}`).join(" ");
  await writeFile(path, `before\n${question.toUpperCase()}, and after\n`);
  await writeFile(against, [question, "short"].map((each) => `${JSON.stringify({ q: each })}\n`).join(""));
  const { code, stdout } = await trainer(["corpus", "leak", path, "--against", against]);
  expect(code).toBe(0);
  expect(stdout).toBe(
    [
      "looked for  2, 92 B",
      "in          1, 106 B",
      "found       1, 87 B (94.6 %) with 13 words in a row that are there",
      "half        1, 87 B (94.6 %) with at least half of their runs of 13 words",
      "whole       1, 87 B (94.6 %) with all of them",
      "short       1 with fewer than 13 words, found only where all of a document is the same",
      "memory      48.0 KiB for what was compared",
      'left out    the text of 1 file is the field "q" alone',
      "",
      "100.0 % of its runs",
      `  looked for  ${against}, document 1: ${question.slice(0, 80)}`,
      `  found in    ${path}, document 1: ${`before ${question.toUpperCase()}`.slice(0, 80)}`,
      "",
    ].join("\n"),
  );
  const line = [
    "corpus",
    "leak",
    path,
    "--against",
    against,
    "--document",
    "line",
    "--words",
    "15",
    "--against-field",
    "q",
  ];
  expect((await json(line)).last).toMatchObject({ text: { documents: 2 }, some: { documents: 0 }, short: 2 });
});

test("corpus dedup says how its text is trained on, and where there is nothing to compare", async () => {
  const path = join(shared.folder, "parts.txt");
  const next = async (...words: string[]) => {
    const out = join(shared.folder, `parts-${words.join("")}.txt`);
    const { stdout } = await trainer(["corpus", "dedup", path, "--out", out, ...words]);
    return stdout.slice(stdout.indexOf("Next:")).replace(out, "OUT").replace(shared.home, "HOME");
  };
  await writeFile(path, "one two\n***\none two\nbyte \u00ff\n");
  expect(await next("--document", "line")).toBe("Next:\n  trainer train OUT --home HOME\n");
  expect(await next("--document-separator", "***")).toContain(" --document file --document-separator '***' ");
  expect(await next("--document-separator", "none")).toContain(" --document file --document-separator auto ");
  await writeFile(path, Buffer.concat([Buffer.from("one two"), Buffer.of(0xff)]));
  const { stdout } = await trainer(["corpus", "dedup", path, "--dry-run"]);
  expect(stdout).toContain("The text is one document, which has no copy: --document paragraph");
  expect(stdout).toContain("left out    1 character is not UTF-8");
  expect(stdout).not.toContain("Next:");
});

test("corpus clean keeps languages, and tells which went and what is too short to tell", async () => {
  const path = join(shared.folder, "languages.jsonl");
  const danish = "Alle mennesker er født frie og lige i værdighed og rettigheder, de har fornuft.";
  await writeFile(path, [danish, "Hej"].map((text) => `${JSON.stringify({ text })}\n`).join(""));
  const asked = ["corpus", "clean", path, "--language", "en,de", "--dry-run"];
  const { stdout } = await trainer(asked);
  expect(stdout).toContain("kept        1, 3 B (3.6 %) of them too short to tell their language\n");
  expect(stdout).toContain(`in da\n  taken away 100.0 %: ${path}, document 1: Alle`);
  const { last } = await json(asked);
  expect(last).toMatchObject({ untold: { documents: 1, bytes: 3 }, removed: [{ rule: "in da", documents: 1 }] });
  expect((await trainer([...asked, "--language", "no,da"])).stdout).toContain("kept        2, ");
});

test("corpus clean keeps what a model foresees best, and tells the perplexity of the rest", async () => {
  const path = join(shared.folder, "foreseen.jsonl");
  await writeFile(path, ["aaaa aaaa aaaa", "#q!Zx7&", "a"].map((text) => `${JSON.stringify({ text })}\n`).join(""));
  const asked = ["corpus", "clean", path, "--ppl-model", TINY, "--dry-run"];
  const { code, stdout } = await trainer([...asked, "--keep-best", "0.5"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^kept {8}1, 1 B \(\d+\.\d %\) of them too short for a perplexity$/m);
  expect(stdout).toMatch(/^taken away {2}1, \d+ B \(\d+\.\d %\): a perplexity over \d+(\.\d+)?$/m);
  expect(stdout).toMatch(/^ {2}taken away \d+\.\d+: .*foreseen\.jsonl, document [12]: /m);
  const { last } = await json([...asked, "--max-ppl", "1e9"]);
  expect(last).toMatchObject({ kept: { documents: 3 }, unscored: { documents: 1 }, removed: [] });
});

test.each([
  [["dedup", "a.txt"], "a file is needed: name one with --out, or give --dry-run"],
  [
    ["clean", "a.txt", "--dry-run"],
    "nothing to clean: give --mask, --min-words, --max-words, --language, --repetition or",
  ],
  [["clean", "a.txt", "--dry-run", "--mask", "email,name"], 'there is no "name" to mask; expected email, phone, iban'],
  [["clean", "a.txt", "--dry-run", "--mask", "iban", "--country", "DE"], "give --mask phone too, or leave it out"],
  [["clean", "a.txt", "--dry-run", "--ppl-model", "run"], "goes with --max-ppl or --keep-best"],
  [["clean", "a.txt", "--dry-run", "--max-ppl", "9"], "goes with --max-ppl or --keep-best"],
  [["dedup", "a.txt", "--out", "b.csv"], "must end in .jsonl or .txt"],
  [["dedup", "a.txt", "--dry-run", "--similarity", "0.4"], "It must be a number from 0.5 to 1."],
  [["dedup", "a.txt", "--dry-run", "--exact", "--similarity", "0.9"], "leave one of them out"],
])("corpus %j is wrong use", async (line, message) => {
  expect(await trainer(["corpus", ...line])).toMatchObject({ code: 2, stderr: containing(message) });
});

test("corpus list shows what was fetched", async () => {
  expect((await trainer(["corpus"])).stdout).toBe(`No corpora in ${join(shared.home, "corpus_cache")}.\n`);
  const dir = join(shared.home, "corpus_cache");
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, "abc.txt"), "x".repeat(2048));
  await writeFile(join(dir, "def.txt"), "x");
  const run = join(shared.home, "models", "queued");
  await mkdir(run, { recursive: true });
  await writeFile(join(run, "manifest.json"), JSON.stringify({ tokenizer_id: "t", config: { corpus_file_id: "abc" } }));
  const { stdout } = await trainer(["corpus", "list"]);
  expect(stdout).toMatch(
    /^CORPUS +SIZE +LAST READ\nabc +2\.00 KiB +\d{4}-\d\d-\d\d +in use\ndef +1 B +\d{4}-\d\d-\d\d\n$/,
  );
  expect((await json(["corpus", "list", "--dir", dir])).last).toMatchObject({
    corpora: [{ id: "abc", bytes: 2048, in_use: true, fetched_at: aString }, { in_use: false }],
  });
});

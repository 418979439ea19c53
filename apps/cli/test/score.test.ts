import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { containing, withFields } from "@trainer/testing";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { homeWithRun, type TestHome } from "./trained.js";

let at: TestHome;
beforeAll(async () => {
  at = await homeWithRun();
});

const line = ["score", "one", "--text", "the cat\nsees", "--detail", "per-char"];

test("a colour terminal shows the text, the more surprising the hotter, and what the colours mean", async () => {
  const { code, stdout } = await at.trainer(line, { tty: true });
  expect(code).toBe(0);
  expect(stdout).toMatch(/t.*h.*e.*c.*a.*t/);
  expect(stdout).toContain("\u001B[38;5;16;48;5;");
  expect(stdout).toContain("↵\u001B[39;49m\n"); // the end of a line surprises too
  expect(stdout).toContain("bits per character:");
  expect(stdout).not.toContain("TOKEN");
  const both = await at.trainer([...line, "--top-k", "2"], { tty: true });
  expect(both.stdout).toContain("bits per character:");
  expect(both.stdout).toContain("EXPECTED");
});

test.each([
  ["a pipe", { tty: false }],
  ["NO_COLOR", { tty: true, env: { NO_COLOR: "1" } }],
])("%s gets a plain table", async (_, options) => {
  const { stdout } = await at.trainer(line, options);
  expect(stdout).not.toContain("\u001B");
  expect(stdout).toContain("TOKEN");
});

test("--json tells the bits of tokens and characters, which sum to the same", async () => {
  const { last } = await at.json(line);
  const Scored = z.looseObject({
    surprisal: z.array(z.number()),
    per_character: z.array(z.object({ character: z.string(), bits: z.number().nullable() })),
  });
  const { surprisal, per_character: characters } = Scored.parse(last);
  expect(characters.map(({ character }) => character).join("")).toBe("the cat\nsees");
  const sum = characters.reduce((total, { bits }) => total + (bits ?? 0), 0);
  expect(sum).toBeCloseTo(
    surprisal.reduce((a, b) => a + b, 0),
    6,
  );
});

test("a text is scored the same given, piped and in a file, however that is packed", async () => {
  const text = "the old king\nsees the cat";
  const file = (name: string) => join(dirname(at.corpus), name);
  await writeFile(file("a.txt.gz"), Buffer.concat([gzipSync("\uFEFFthe old "), gzipSync("king\nsees the cat")]));
  const loss = async (given: readonly string[], stdin?: string) => {
    const { last } = await at.json(["score", "one", ...given], stdin === undefined ? {} : { stdin });
    return z.looseObject({ loss: z.number() }).parse(last).loss;
  };
  const typed = await loss(["--text", text]);
  expect(await loss(["--text", "-"], `${text}\n`)).toBe(typed);
  expect(await loss(["--text", "-"], `\uFEFF${text}\r\n`)).toBe(typed);
  expect(await loss(["--path", file("a.txt.gz")])).toBe(typed);
  expect(await loss(["--text", "-"], `${text}\n\n`)).not.toBe(typed); // only the last line break is the pipe's
});

test("a file that is not text is refused, and what of one was not UTF-8 is told", async () => {
  const file = join(dirname(at.corpus), "odd.txt");
  await writeFile(file, Buffer.from("\uFEFFthe cat", "utf16le"));
  const refused = await at.trainer(["score", "one", "--path", file]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("looks like UTF-16: convert it to UTF-8");
  await writeFile(file, Buffer.from("the caf\u00e9 of the old king", "latin1"));
  const { code, stderr } = await at.trainer(["score", "one", "--path", file]);
  expect(code).toBe(0);
  expect((await at.json(["score", "one", "--path", file])).last).toMatchObject({
    left_out: { characters: { count: 1, files: [{ path: file, count: 1 }] } },
  });
  expect(stderr).toContain(`warning: 1 character is not UTF-8 and became U+FFFD: 1 in ${file} (4.2 % of its bytes)`);
});

test("a prompt's file that was not UTF-8 throughout is told of with what is written from it, and a typed one loses nothing", async () => {
  const file = join(dirname(at.corpus), "prompt.txt");
  await writeFile(file, Buffer.from("the caf\u00e9 of", "latin1"));
  const leftOut = async (given: readonly string[], stdin?: Readable) => {
    const line = ["generate", "one", ...given, "--max-new-tokens", "1"];
    const { last } = await at.json(line, stdin === undefined ? {} : { stdin });
    return z.looseObject({ left_out: z.unknown() }).parse(last).left_out;
  };
  const told = withFields({ characters: withFields({ count: 1, files: [withFields({ path: file, count: 1 })] }) });
  expect(await leftOut(["--prompt-path", file])).toEqual(told);
  expect(await leftOut(["--prompts-path", file])).toEqual(told);
  expect(
    await leftOut(["--prompt", "the cat", "--prompt", "-"], Readable.from([Buffer.from("the caf\u00e9", "latin1")])),
  ).toEqual(withFields({ characters: withFields({ count: 1 }) }));
  expect(await leftOut(["--prompt", "the cat"])).toBeNull();
});

test("a stride gives a long text more context", async () => {
  const loss = async (...stride: readonly string[]) => {
    const { last } = await at.json(["score", "one", "--path", at.corpus, ...stride]);
    return z.looseObject({ loss: z.number() }).parse(last).loss;
  };
  expect(await loss("--stride", "32")).not.toBe(await loss("--stride", "8"));
});

test("of a text of one token there is no figure, the reason is said, and that is no failure", async () => {
  const { code, stdout } = await at.trainer(["score", "one", "--text", "t"]);
  expect(code).toBe(0);
  expect(stdout).toContain("there is nothing to score: the text has one token");
  const { last } = await at.json(["score", "one", "--text", ""]);
  expect(last).toMatchObject({ loss: null, perplexity: null, reason: containing("no token"), tokens: null });
});

test("--bos puts a begin before the text or leaves it away, and what was done is said", async () => {
  const { code, stdout, stderr } = await at.trainer(["score", "one", "--text", "t", "--bos", "yes"]);
  expect(code).toBe(0);
  expect(stdout).toContain("perplexity");
  expect(stderr).toContain("The text begins with [EOS].");
  const begin = async (...flags: readonly string[]) => (await at.json([...line, ...flags])).last;
  expect(await begin("--bos", "yes")).toMatchObject({ begin_tokens: ["[EOS]"], end_tokens: [], text_restored: true });
  expect(await begin()).toMatchObject({ begin_tokens: [], unknown_characters: 0 });
});

test("whoever is to type the text is told how it ends, and who pipes it is not", async () => {
  const typed = Object.assign(Readable.from(["the cat\n"]), { isTTY: true });
  const { code, stderr } = await at.trainer(["score", "one", "--text", "-"], { stdin: typed });
  expect(code).toBe(0);
  expect(stderr).toContain("Type the text; Ctrl-D ends it.");
  expect((await at.trainer(["score", "one", "--text", "-"], { stdin: "the cat\n" })).stderr).not.toContain("Ctrl-D");
});

test("one text is scored: neither none nor two", async () => {
  const none = await at.trainer(["score", "one"]);
  expect(none.code).toBe(2);
  expect(none.stderr).toContain("what should be scored?");
  const two = await at.trainer(["score", "one", "--text", "a", "--path", at.corpus]);
  expect(two.code).toBe(2);
  expect(two.stderr).toContain("--text and --path exclude each other");
});

test("the likeliest tokens without the details are told by position", async () => {
  const { stdout } = await at.trainer(["score", "one", "--text", "the cat", "--top-k", "2"]);
  expect(stdout).toMatch(/^TOKEN.*EXPECTED/m);
  expect(stdout).toMatch(/^1 +"[^"]*" \d+\.\d%/m);
});

test("a text that the tokenizer changes is told of", async () => {
  const folder = join(at.folder, "composing");
  expect((await at.trainer(["export", "one", "--out", folder])).code).toBe(0);
  const file = join(folder, "tokenizer.json");
  const tokenizer = z.looseObject({}).parse(JSON.parse(await readFile(file, "utf8")));
  await writeFile(file, JSON.stringify({ ...tokenizer, normalizer: { type: "NFC" } }));
  const changes = "The tokenizer changes this text";
  expect((await at.trainer(["score", folder, "--text", "cafe\u0301"])).stderr).toContain(changes);
  expect((await at.trainer(["score", folder, "--text", "caf\u00e9"])).stderr).not.toContain(changes);
});

test("characters that the tokenizer does not know are counted", async () => {
  const { trainer } = await homeWithRun(["--tokenizer-method", "char"]);
  const note = async (text: string) => (await trainer(["score", "one", "--text", text])).stderr;
  expect(await note("the \u2603 cat")).toContain("1 character of the text is unknown to the tokenizer");
  expect(await note("\u2603 the \u2604")).toContain("2 characters of the text are unknown to the tokenizer");
  expect(await note("the cat")).not.toContain("unknown");
});

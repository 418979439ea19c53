import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { matching, scratchPath, tiny } from "@trainer/testing";
import { trainTokenizer, type Tokenizer } from "@trainer/tokenizers";
import { evaluate, openHome, openModel, readManifest, train, type TrainInput } from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";

let home = "";
beforeAll(() => {
  home = scratchPath("lost-text");
});
afterAll(() => rmSync(home, { recursive: true }));

const plain = Array.from(
  { length: 300 },
  (_, i) => `the ship of day ${i} came by the window, and ${i % 7} lamps stood there`,
);

/** A run on lines, with a tokenizer of its own, and what it warned of. */
async function trained(
  name: string,
  tokenizer: Tokenizer,
  lines: readonly string[],
  options: Partial<TrainInput> = {},
) {
  const folder = join(home, `${name}-tokenizer`);
  mkdirSync(folder);
  await tokenizer.save(folder);
  const corpus = join(home, `${name}.txt`);
  writeFileSync(corpus, lines.join("\n"));
  const warnings: string[] = [];
  const onEvent = (event: { type: string; message?: unknown }) => {
    if (event.type === "warning") warnings.push(String(event.message));
  };
  const input = { ...tiny, vocabSize: null, tokenizer: folder, corpus, runId: name, maxSteps: 2, ...options };
  const result = await train(input, { home, onEvent });
  return { result, warnings, manifest: await readManifest(join(result.path, "manifest.json")) };
}

const onText = async (run: string, name: string, text: string, document: "line" | "file" = "line") => {
  const path = join(home, name);
  writeFileSync(path, text);
  using opened = await openModel(run, { home: openHome(home) });
  return await evaluate(opened, { path, document, prompts: [] }, { home: openHome(home) });
};

test("text that comes back whole has its figures, and nothing is said of it", async () => {
  const bpe = await trainTokenizer("bpe", { texts: plain, vocabSize: 300, minFrequency: 2 });
  const { result, warnings, manifest } = await trained("bpe", bpe, plain);
  expect(warnings).toEqual([]);
  expect(result.testBitsPerByte).toBeGreaterThan(0);
  expect(manifest?.splits?.test).toMatchObject({ lost_bytes: 0, unknown_tokens: 0 });
  expect(manifest?.evaluation?.bits_per_byte).toBeGreaterThan(0);
  for (const text of ["spaces     run", "漢字 é e\u0301 🚢", "\ttab\u00a0nbsp\u200b", "a\r\nb\rc\n\nd"]) {
    const e = await onText("bpe", "whole.txt", text, "file");
    expect([e.note, e.lost?.bytes]).toEqual([null, 0]);
    expect(e.characters).toBe(Array.from(text.replace(/\n$/, "")).length);
  }
});

test("a tokenizer that squeezes spaces and line breaks has no figure per byte of text that has them, and says so", async () => {
  const unigram = await trainTokenizer("sentencepiece", { texts: plain, vocabSize: 120, minFrequency: 1 });
  const lines = plain.map((line, i) => (i % 2 === 0 ? line : line.replaceAll(" ", "    ")));
  const { result, warnings, manifest } = await trained("spaces", unigram, lines);
  expect(warnings).toEqual([
    matching(/^the tokenizer cannot write all of the text/),
    matching(/^validation: \d+ % of the text .* most often U\+0020: there is/),
    matching(/^test: /),
  ]);
  expect([result.testBitsPerByte, manifest?.test_bits_per_byte]).toEqual([null, null]);
  expect(manifest?.evaluation).toMatchObject({ bits_per_byte: null, bits_per_character: null });
  const metrics = readFileSync(join(result.path, "eval", "metrics.json"), "utf8");
  expect(JSON.parse(metrics)).toMatchObject({
    bits_per_byte: null,
    bits_per_character: null,
    note: matching(/U\+0020/),
  });
  const single = await onText("spaces", "single.txt", plain.slice(0, 20).join("\n"));
  expect(single.note).toBeNull();
  expect(single.bitsPerByte).toBeGreaterThan(0);
  const whole = await onText("spaces", "file.txt", plain.slice(0, 20).join("\n"), "file"); // the same, its line breaks inside
  expect(whole).toMatchObject({ bitsPerByte: null, bitsPerCharacter: null, note: matching(/U\+000A/) });
  expect(whole.lost?.bytes).toBe(19);
});

test("unknown characters are counted by their bytes: 600 of them in two tokens are no good compression", async () => {
  const unigram = await trainTokenizer("sentencepiece", { texts: plain, vocabSize: 120, minFrequency: 1 });
  await trained("unknown", unigram, plain);
  const cjk = Array.from({ length: 600 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join("");
  const e = await onText("unknown", "cjk.txt", `${cjk}\n${plain[0]}`);
  expect(e).toMatchObject({ bitsPerByte: null, bitsPerCharacter: null, note: matching(/unknown one/) });
  expect(e.lost?.bytes).toBe(1800);
  expect(e.lost?.unknown_tokens).toBeGreaterThan(0);
  expect(e.bytes).toBe(1800 + Buffer.byteLength(plain[0] ?? ""));
});

test("a normalizer's text is not the text: decomposed accents under NFC have no figure, composed ones have", async () => {
  const composed = plain.map((line) => line.replaceAll("e", "é").normalize("NFC"));
  const char = await trainTokenizer("char", { texts: composed, vocabSize: 300, minFrequency: 1, normalization: "NFC" });
  await trained("nfc", char, composed, { modelFamily: "char_lstm", modelConfig: {} });
  const nfc = await onText("nfc", "nfc.txt", composed.slice(0, 9).join("\n"));
  const nfd = await onText("nfc", "nfd.txt", composed.slice(0, 9).join("\n").normalize("NFD"));
  expect(nfd.loss).toBeCloseTo(nfc.loss, 6); // of the same tokens
  expect(nfc.note).toBeNull();
  expect(nfd).toMatchObject({ bitsPerByte: null, bitsPerCharacter: null, note: matching(/most often/) });
  const unknown = await onText("nfc", "unknown.txt", `${composed[0]} ŵ`);
  expect(unknown.lost).toEqual({ bytes: 2, unknown_tokens: 1, characters: ["ŵ"] });
});

test("special tokens that another text spells are text, or these tokens where that is asked for", async () => {
  const bpe = await trainTokenizer("bpe", { texts: plain, vocabSize: 300, minFrequency: 2 });
  await trained("spelled", bpe, plain);
  const path = join(home, "spelled.txt.txt");
  writeFileSync(path, `${plain[0]} [EOS] ${plain[1]}`);
  using opened = await openModel("spelled", { home: openHome(home) });
  const of = (specialTokens: boolean) =>
    evaluate(opened, { path, specialTokens, prompts: [] }, { home: openHome(home) });
  const [text, tokens] = [await of(false), await of(true)];
  expect(tokens.tokens).toBeLessThan(text.tokens);
  expect([text.note, tokens.note]).toEqual([null, null]); // both come back
  expect(text.dir).not.toBe(tokens.dir);
});

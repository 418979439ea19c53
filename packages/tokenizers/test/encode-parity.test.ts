import { codePoint } from "@trainer/testing/code-points";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadTokenizer } from "../src/load.js";
import { StreamDecoder } from "../src/stream-decoder.js";
import { fixturePath, parity } from "./fixture.js";

describe.each(["gpt2", "llama3", "qwen2", "smollm"] as const)("with the pattern of %s", (pattern) => {
  const cases = parity.encodings[pattern];
  const open = () => loadTokenizer(fixturePath(`${pattern}.json`));

  test("texts of every kind encode to Hugging Face's ids", async () => {
    const tokenizer = await open();
    for (const { bytes, ids } of cases) {
      expect({
        text: Buffer.from(bytes).toString(),
        ids: [...tokenizer.encodeBytes(bytes, { specialTokens: true })],
      }).toEqual({
        text: Buffer.from(bytes).toString(),
        ids,
      });
    }
  });

  test("any ids decode to Hugging Face's text, at once and one by one", async () => {
    const tokenizer = await open();
    for (const { some, text, withSpecial } of cases) {
      expect(tokenizer.decode(some)).toBe(text);
      expect(tokenizer.decode(some, { skipSpecial: false })).toBe(withSpecial);
      const stream = new StreamDecoder(tokenizer);
      expect(some.map((id) => stream.push(id)).join("") + stream.end()).toBe(text);
    }
  });

  test("a batch gives each document the ids it has alone", async () => {
    const tokenizer = await open();
    let end = 0;
    const ends = Float64Array.from(cases, ({ bytes }) => (end += bytes.length));
    const bytes = Buffer.concat(cases.map((one) => one.bytes));
    for (const dtype of ["uint16", "uint32"] as const) {
      const batch = await tokenizer.encodeBatch({ bytes, ends }, { dtype, eos: 3, threads: 3, specialTokens: true });
      expect([...batch.ids]).toEqual(cases.flatMap(({ ids }) => ids.concat(3)));
      expect([...batch.counts]).toEqual(cases.map(({ ids }) => ids.length + 1));
    }
  });

  test("a long document is cut for the threads where nothing changes", async () => {
    const tokenizer = await open();
    const bytes = Buffer.concat(
      Array.from({ length: 40 * cases.length }, (_, i) => cases[i % cases.length]?.bytes ?? Buffer.of()),
    );
    const ends = Uint32Array.of(5, 5, bytes.length);
    const batch = await tokenizer.encodeBatch({ bytes, ends }, { dtype: "uint16", eos: null, threads: 4 });
    const parts = [bytes.subarray(0, 5), bytes.subarray(5)].map((part) => Array.from(tokenizer.encodeBytes(part)));
    expect(Buffer.from(Uint16Array.from(parts.flat()).buffer).equals(Buffer.from(batch.ids.buffer))).toBe(true);
    expect([...batch.counts]).toEqual([parts[0]?.length, 0, parts[1]?.length]);
  });

  test("well-formed text comes back whole", async () => {
    const tokenizer = await open();
    const form = (text: string) => (pattern === "qwen2" ? text.normalize("NFC") : text);
    fc.assert(
      fc.property(fc.string({ unit: pattern === "qwen2" ? "grapheme-ascii" : codePoint, maxLength: 200 }), (text) => {
        expect(tokenizer.decode(tokenizer.encode(text), { skipSpecial: false })).toBe(form(text));
      }),
      { numRuns: 500 },
    );
  });

  test("any bytes encode, and decode to what their UTF-8 reads as", async () => {
    const tokenizer = await open();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const read = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
        const decoded = tokenizer.decode(tokenizer.encodeBytes(bytes), { skipSpecial: false });
        expect(decoded).toBe(pattern === "qwen2" ? read.normalize("NFC") : read);
      }),
      { numRuns: 500 },
    );
  });
});

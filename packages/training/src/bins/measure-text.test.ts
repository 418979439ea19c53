import { trainChar } from "@trainer/tokenizers";
import { expect, test } from "vitest";
import { characters } from "../corpus/characters.js";
import { TextMeasure } from "./measure-text.js";

/** Measurements of documents, encoded with the characters of `known`. */
async function measured(documents: readonly string[], known: string, eos: boolean, specialTokens = false) {
  const tokenizer = await trainChar({ texts: [known] });
  const batch = {
    bytes: Buffer.from(documents.join("")),
    ends: Uint32Array.from(documents, (_, i) => Buffer.byteLength(documents.slice(0, i + 1).join(""))),
  };
  const encoded = await tokenizer.encodeBatch(batch, {
    dtype: "uint16",
    eos: eos ? tokenizer.specials.eos : null,
    specialTokens,
  });
  const measure = new TextMeasure(tokenizer);
  measure.add(batch, encoded, eos);
  measure.add(batch, encoded, eos);
  return measure.measured();
}

test.each([true, false])(
  "the characters of all documents are counted, and none is lost (an end of each: %s)",
  async (eos) => {
    expect(await measured(["aé🚢", "b", "船船"], "abé🚢船", eos)).toEqual({
      characters: 12,
      loss: { bytes: 0, unknown_tokens: 0, characters: [] },
    });
  },
);

test.each([true, false])(
  "unknown characters are counted, and lost by their bytes (an end of each: %s)",
  async (eos) => {
    expect(await measured(["aé🚢", "b", "船船"], "ab", eos)).toEqual({
      characters: 12,
      loss: { bytes: 24, unknown_tokens: 8, characters: ["船", "é", "🚢"] },
    });
  },
);

test("special tokens that a text spells come back, as text and as the tokens that they were let through as", async () => {
  for (const specialTokens of [false, true]) {
    const { characters, loss } = await measured(["a[EOS]b"], "ab[]EOS", true, specialTokens);
    expect([characters, loss.bytes]).toEqual([14, 0]);
  }
});

test("characters are code points", () => {
  expect(["", "a", "é", "e\u0301", "船a", "🚢"].map((text) => characters(Buffer.from(text)))).toEqual([
    0, 1, 1, 2, 2, 1,
  ]);
});

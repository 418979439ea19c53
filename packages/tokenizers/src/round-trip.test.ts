import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fixturePath } from "../test/fixture.js";
import { comesBack, roundTrip } from "./round-trip.js";
import { tokenizerStatistics } from "./statistics.js";
import { trainBpe } from "./train-bpe.js";
import { trainChar } from "./train-char.js";
import { trainSentencePiece } from "./train-sentencepiece.js";

const files = [fixturePath("prose.txt")];

test("byte-level BPE loses nothing of any text", async () => {
  const tokenizer = await trainBpe({ files, vocabSize: 400 });
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), (text) => {
      const { lostBytes, unknownCharacters, bytes, characters } = roundTrip(tokenizer, text);
      expect([lostBytes, unknownCharacters]).toEqual([0, 0]);
      expect([bytes, characters]).toEqual([Buffer.byteLength(text), Array.from(text).length]);
    }),
  );
});

test("what a tokenizer of characters does not know, or writes another way, is lost", async () => {
  const plain = await trainChar({ texts: ["abc é"] });
  expect(roundTrip(plain, "ab中👍c")).toMatchObject({ lostBytes: 7, unknownCharacters: 2, characters: 5 });
  const nfc = await trainChar({ texts: ["abc é"], normalization: "NFC" });
  expect(roundTrip(nfc, "ae\u0301")).toMatchObject({ lostBytes: 3, unknownCharacters: 0 });
  expect(roundTrip(nfc, "")).toEqual({ bytes: 0, characters: 0, lostBytes: 0, unknownCharacters: 0 });
});

test("SentencePiece loses runs of spaces, line breaks and what it does not know, and no single space", async () => {
  const tokenizer = await trainSentencePiece({ files, vocabSize: 300 });
  expect(roundTrip(tokenizer, "to be  or   not")).toMatchObject({ lostBytes: 3, unknownCharacters: 0 });
  expect(roundTrip(tokenizer, "to be\nor not")).toMatchObject({ lostBytes: 1 });
  expect(roundTrip(tokenizer, "to 中中中 be 文")).toMatchObject({ lostBytes: 12, unknownCharacters: 4 });
  expect([comesBack(tokenizer, " "), comesBack(tokenizer, "\n"), comesBack(tokenizer, "中")]).toEqual([
    true,
    false,
    false,
  ]);
  const statistics = await tokenizerStatistics(tokenizer, ["to be or not", "that is"]);
  expect(statistics).toMatchObject({ charCoverage: 1, lostShare: 0, unknownCharacters: 0, lineBreaks: false });
  expect(await tokenizerStatistics(tokenizer, ["中中 b"])).toMatchObject({
    lostShare: 6 / 8,
    unknownCharacters: 2,
    unknownShare: 0.5,
  });
});

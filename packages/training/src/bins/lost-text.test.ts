import * as fc from "fast-check";
import { expect, test } from "vitest";
import { lossNote, lossOfBoth, LostText } from "./lost-text.js";

const lost = (text: string, back: string) => {
  const all = new LostText();
  all.add(Buffer.from(text), back);
  return all.loss(0);
};

test("a text that comes back whole has lost nothing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(lost(text, text).bytes).toBe(0);
    }),
  );
});

test("what is dropped, squeezed or replaced counts by its bytes, the most frequent first", () => {
  expect(lost("a    b", "a b")).toEqual({ bytes: 3, unknown_tokens: 0, characters: [" "] });
  expect(lost("one\ntwo\nthree é", "one two three ")).toMatchObject({ bytes: 4, characters: ["\n", "é"] });
  expect(lost("e\u0301", "é")).toMatchObject({ bytes: 3 }); // a letter of 1 byte and an accent of 2
  expect(lost("漢字", "")).toMatchObject({ bytes: 6 });
  expect(lost("ABC", "abc")).toMatchObject({ bytes: 3 });
});

test("whatever a tokenizer leaves out, its bytes are counted, and more than nothing where the text is another", () => {
  const text = fc.array(fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }));
  fc.assert(
    fc.property(text, fc.infiniteStream(fc.boolean()), (characters, drops) => {
      const drawn = characters.map((character) => ({ character, dropped: drops.next().value === true }));
      const dropped = drawn.filter((each) => each.dropped).map(({ character }) => character);
      const kept = drawn.filter((each) => !each.dropped).map(({ character }) => character);
      expect(lost(characters.join(""), kept.join("")).bytes).toBe(Buffer.byteLength(dropped.join("")));
    }),
  );
  expect(lost("ab", "ba").bytes).toBe(1);
  expect(lost("ab", "abc").bytes).toBe(1); // nothing is missing, and yet it is not the text
});

test("documents add up, and so many different characters that not all are kept still count", () => {
  const all = new LostText();
  const characters = Array.from({ length: 6000 }, (_, i) => String.fromCodePoint(0x4e00 + i));
  all.add(Buffer.from(characters.join("")), "");
  all.add(Buffer.from("xx"), "x");
  expect(all.loss(7)).toMatchObject({ bytes: 18_001, unknown_tokens: 7 });
  expect(all.loss(0).characters).toHaveLength(5);
  const [kept = "", dropped = ""] = [characters[100], characters[5900]];
  all.add(Buffer.from(`${kept}${dropped.repeat(9)}`), "");
  expect(all.loss(0).characters[0]).toBe(kept); // one that is kept is counted further
});

test("the characters lost most often are those of all documents together", () => {
  const all = new LostText();
  all.add(Buffer.from("öéé"), "");
  all.add(Buffer.from("üüé"), "");
  expect(all.loss(0).characters).toEqual(["é", "ü", "ö"]);
});

test("the note says what part is lost, of which characters; of a text that comes back there is none", () => {
  expect(lossNote({ bytes: 0, unknown_tokens: 0, characters: [] }, 100)).toBeNull();
  expect(lossNote({ bytes: 1, unknown_tokens: 0, characters: [] }, 3)).toBe(
    "33 % of the text (1 of 3 bytes) does not come back from its tokens: there is no loss per byte of text that is lost",
  );
  expect(lossNote({ bytes: 5, unknown_tokens: 2, characters: [" ", "é", "\u00ad", "🚢"] }, 1000)).toContain(
    "0.5 % of the text (5 of 1000 bytes) does not come back from its tokens, most often U+0020 é U+00AD 🚢; 2 of its " +
      "tokens are",
  );
});

test("losses of two texts add up, each character told once", () => {
  const a = { bytes: 3, unknown_tokens: 1, characters: ["é", "x"] };
  const b = { bytes: 4, unknown_tokens: 2, characters: ["x", "1", "2", "3", "4"] };
  expect(lossOfBoth(a, b)).toEqual({ bytes: 7, unknown_tokens: 3, characters: ["é", "x", "1", "2", "3"] });
});

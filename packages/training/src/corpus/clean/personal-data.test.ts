import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Masker } from "./masker.js";
import { MASKS } from "./masks.js";
import { personalDataFinder } from "./personal-data.js";

function found(text: string, country: string | null = null, kinds: readonly (typeof MASKS)[number][] = MASKS) {
  return personalDataFinder(kinds, country)(text).map(({ kind, start, end }) => `${kind} ${text.slice(start, end)}`);
}

test("addresses of mail are found, and what only looks like them is not", () => {
  expect(found("Jana.K+x@mail.example.org, žofie@pošta.cz; <a@b.de>.")).toEqual([
    "email Jana.K+x@mail.example.org",
    "email žofie@pošta.cz",
    "email a@b.de",
  ]);
  expect(found("+49301234567@x.de")).toEqual(["email +49301234567@x.de"]);
  expect(found("@jana a@b user@host:22 x@1.2 a@b.c1 @decorator.name 5@-.-")).toEqual([]);
});

test("an IBAN is found by its country's length and its check digits, in groups or not", () => {
  const sound = [
    "DE89370400440532013000",
    "DE89 3704 0044 0532 0130 00",
    "NO93 8601 1117 947",
    "GB82-WEST-1234-5698-7654-32",
  ];
  expect(found(`${sound.join(", ")} UND MEHR`)).toEqual(sound.map((each) => `iban ${each}`));
  expect(
    found("DE89 3704 0044 0532 0130 01 DE89370400440532013000X XDE89370400440532013000 ZZ89370400440532013000"),
  ).toEqual([]);
  expect(found("DE89 3704 0044 0532 0130 00 DE", null, ["email"])).toEqual([]);
});

test("phone numbers are found as they are dialled from abroad, and in a country that is named", () => {
  const text =
    "+49 30 901820, 0049 (0)30/901820; +1 (213) 373-4253, 030 901820 (0171) 1234567, 555-123-4567 213-373-4253";
  expect(found(text)).toEqual(["phone +49 30 901820", "phone 0049 (0)30/901820", "phone +1 (213) 373-4253"]);
  expect(found("030 901820, (0171) 1234567 0171 1234567 12", "de")).toEqual([
    "phone 030 901820",
    "phone (0171) 1234567",
    "phone 0171 1234567",
  ]);
  expect(found("(213) 373-4253 or 213-373-4253", "US")).toEqual(["phone (213) 373-4253", "phone 213-373-4253"]);
  const others =
    "2023-12-24 18:05, 01.02.2023, 24/12/2023, ISBN 978-3-16-148410-0, 1 234 567,89, 10.0.0.1, 1234567890, +1 2, 3.1415926535, +99 999 999 9999, +999999999999";
  expect(found(others, "DE")).toEqual([]);
  expect(() => found("", "Germany")).toThrow('no phone numbers of a country "Germany": expected two letters');
});

const DATA = ["a.b@c.org", "+49 30 901820", "DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"];

test("a text in pieces is masked as it is whole, wherever they are cut", () => {
  const word = fc.oneof(
    fc.constantFrom(...DATA),
    fc.constantFrom("word", "🙂", "x".repeat(500), "\n", "2023", "é", "🙂".repeat(300)),
  );
  const mask = (pieces: readonly string[]) => {
    const seen: string[] = [];
    const masker = new Masker(personalDataFinder(MASKS, null), ({ kind }, written) => seen.push(`${kind} ${written}`));
    const texts = pieces.map((piece, i) => masker.push(Buffer.from(piece), i === pieces.length - 1).toString());
    return { text: texts.join(""), seen };
  };
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 700 }), (words, size) => {
      const text = words.join(", ");
      const characters = Array.from(text);
      const pieces = Array.from({ length: Math.ceil(characters.length / size) }, (_, i) =>
        characters.slice(i * size, (i + 1) * size).join(""),
      );
      const whole = mask([text]);
      expect(mask(pieces)).toEqual(whole);
      expect(whole.seen).toHaveLength(words.filter((each) => DATA.includes(each)).length);
      expect(whole.text).toBe(
        words.map((each) => ["<EMAIL>", "<PHONE>", "<IBAN>", "<IBAN>"][DATA.indexOf(each)] ?? each).join(", "),
      );
    }),
  );
});

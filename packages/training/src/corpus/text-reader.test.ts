import { codePoint } from "@trainer/testing/code-points";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { CorpusError } from "./corpus-error.js";
import { TextReader } from "./text-reader.js";

function read(bytes: Uint8Array, size = 1 << 20): { text: string; replaced: number } {
  const reader = new TextReader("a.txt");
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(reader.push(bytes.subarray(at, at + size)));
  parts.push(reader.end());
  return { text: Buffer.concat(parts).toString(), replaced: reader.replaced };
}

const refusal = (bytes: Uint8Array, size?: number): string => {
  try {
    read(bytes, size);
  } catch (error) {
    if (error instanceof CorpusError && error.code === "INVALID_INPUT") return error.message;
    throw error;
  }
  return "taken";
};

test("a text comes back as it is but for its byte order mark, however it is cut into chunks", () => {
  const text = fc
    .string({ unit: codePoint })
    .filter((each) => !each.includes("\0") && !each.startsWith("%PDF-") && !each.startsWith("PK\u0003"));
  fc.assert(
    fc.property(text, fc.boolean(), fc.integer({ min: 1, max: 9 }), (text, mark, size) => {
      const bytes = Buffer.from(`${mark ? "\uFEFF" : ""}${text}`);
      expect(read(bytes, size)).toEqual({ text: mark ? text : text.replace(/^\uFEFF/, ""), replaced: 0 });
    }),
  );
});

test("a mark is one at the start alone, whole: elsewhere it is a character, as are those that begin or end alike", () => {
  for (const start of ["\uFEC0", "\uF03F", "\u1EFF", "\uFEFE", "\u00bb", "\uFEFF\uFEFF"]) {
    const { text } = read(Buffer.from(`${start}one\uFEFFtwo`));
    expect(text).toBe(`${start === "\uFEFF\uFEFF" ? "\uFEFF" : start}one\uFEFFtwo`);
  }
  const reader = new TextReader("a.txt");
  const parts = ["one", "\uFEFFtwo", "", "\uFEFFthree"].map((each) => reader.push(Buffer.from(each)).toString());
  expect(parts).toEqual(["one", "\uFEFFtwo", "", "\uFEFFthree"]);
  expect(reader.bytes).toBe(17);
});

test("a NUL byte is found wherever it stands, with its place", () => {
  const text = Buffer.from("one text or another ".repeat(5000));
  for (const at of [0, 7, 70_000, text.length - 1]) {
    const bytes = Buffer.from(text);
    bytes[at] = 0;
    for (const size of [999, 1 << 20]) {
      expect(refusal(bytes, size)).toMatch(
        new RegExp(`^a\\.txt is not text: there is a NUL byte at offset ${at}; .*\`tr -d '.000' < FILE > NEW\``),
      );
    }
  }
});

test("bytes that are not UTF-8 are counted in the whole, and too many are refused with their share", () => {
  const good = Buffer.from("so it is ".repeat(1000));
  const bad = Buffer.alloc(1000, 0xe9);
  expect(read(Buffer.concat([good, bad.subarray(0, 900)])).replaced).toBe(900);
  expect(refusal(Buffer.concat([good, bad]))).toBe("taken");
  expect(refusal(Buffer.concat([good, bad, bad]))).toMatch(
    /^a\.txt is not UTF-8 text: 18 % of its first 11000 bytes are not UTF-8\. .*iconv -f WINDOWS-1252 .* NEW`, .*iconv -c /,
  );
  expect(read(Buffer.of(0x61, 0xe9))).toEqual({ text: "a\uFFFD", replaced: 1 }); // two bytes are not enough to tell
});

test("UTF-16 and UTF-32 are named, with and without a byte order mark, in any script", () => {
  const utf16be = (text: string) => Buffer.from(text, "utf16le").swap16();
  for (const text of ["Once upon a time.\r\n", "Жили-были дед да баба.\n", "昔々、あるところに\n", "αβγ 123\n"]) {
    expect(refusal(Buffer.from(`\uFEFF${text}`, "utf16le"))).toContain("UTF-16: convert");
    expect(refusal(utf16be(`\uFEFF${text}`))).toContain("UTF-16: convert");
    expect(refusal(Buffer.from(text.repeat(9), "utf16le"))).toContain("UTF-16LE without a byte order mark");
    expect(refusal(utf16be(text.repeat(9)))).toContain("UTF-16BE without a byte order mark");
    expect(refusal(Buffer.from(`\uFEFF${text}`, "utf16le"), 1)).toContain("UTF-16: convert");
  }
  expect(refusal(Buffer.from("他們說了很多話".repeat(9), "utf16le"))).toContain("UTF-16LE without"); // no NUL in it
  expect(refusal(Buffer.alloc(80))).toMatch(/^a\.txt is not text: .*NUL/); // of a file with a hole
  const wide = Uint32Array.from([0xfeff, 0x41, 0x42]);
  expect(refusal(Buffer.from(wide.buffer))).toContain("UTF-32: convert");
  expect(refusal(Buffer.from(wide.buffer).swap32())).toContain("UTF-32: convert");
});

test("a text of single bytes a character is not taken for UTF-16", () => {
  const russian = Buffer.from("\xcf\xf0\xe8\xe2\xe5\xf2, \xec\xe8\xf0. ".repeat(50), "latin1");
  const french = Buffer.from("\u00e9t\u00e9 \u00e0 \u00f4t\u00e9 d\u00e9j\u00e0 ".repeat(50), "latin1");
  const runs = Buffer.from("\u00e9 ".repeat(2000), "latin1");
  for (const bytes of [russian, french, runs]) expect(refusal(bytes)).toMatch(/^a\.txt is not UTF-8 text: \d\d %/);
});

test("other kinds of files are named by what they begin with, and words that begin alike are text", () => {
  const kinds = {
    "PK\u0003\u0004": /a zip archive/,
    "%PDF-1.7\n": /a PDF/,
    "BZh91AY&SY\u0000": /bzip2/,
    "PAR1\u0015\u0000": /Parquet/,
    "MZ\u0090\u0000": /NUL byte at offset 3/,
  };
  for (const [start, kind] of Object.entries(kinds)) expect(refusal(Buffer.from(start, "latin1"))).toMatch(kind);
  expect(refusal(Buffer.of(0x1f, 0x8b, 8, 0))).toMatch(/gzip: unpack it/);
  expect(refusal(Buffer.of(0x28, 0xb5, 0x2f, 0xfd, 1))).toMatch(/zstd/);
  expect(refusal(Buffer.from("\u00fd7zXZ\u0000", "latin1"))).toMatch(/xz/);
  for (const text of ["PAR1 is a name", "BZh is one too", "PK", "%PDF"])
    expect(refusal(Buffer.from(text))).toBe("taken");
  const random = Uint8Array.from({ length: 5000 }, (_, i) => 1 + ((Math.imul(i + 1, 2_654_435_761) >>> 24) % 255));
  expect(refusal(random)).toMatch(/is not UTF-8 text: \d\d %/);
});

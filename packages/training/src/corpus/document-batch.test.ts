import * as fc from "fast-check";
import { expect, test } from "vitest";
import { documentCutter, type DocumentMode } from "./cut-documents.js";
import { BatchBuilder, documentsOf, type DocumentBatch } from "./document-batch.js";

/** The documents of a text that comes in chunks of `size` characters, packed in batches of `capacity` bytes. */
function cut(mode: DocumentMode, texts: readonly string[], size: number, capacity: number) {
  const builder = new BatchBuilder(capacity);
  const cutter = documentCutter(mode, builder);
  const batches: DocumentBatch[] = [];
  for (const text of texts) {
    const characters = Array.from(text);
    for (let at = 0; at < characters.length; at += size) {
      cutter.push(Buffer.from(characters.slice(at, at + size).join("")));
      batches.push(...builder.take());
    }
    cutter.endText();
  }
  builder.flush();
  batches.push(...builder.take());
  return { batches, documents: join(batches) };
}

function join(batches: readonly DocumentBatch[]): string[] {
  const documents: Buffer[] = [];
  let open = false;
  for (const batch of batches) {
    expect(batch.continued).toBe(open);
    for (const document of documentsOf(batch)) {
      if (open) documents.push(Buffer.concat([documents.pop() ?? Buffer.alloc(0), document]));
      else documents.push(Buffer.from(document));
      open = false;
    }
    open = batch.open;
  }
  expect(open).toBe(false);
  return documents.map((document) => document.toString());
}

const text = fc
  .array(fc.constantFrom("a", "bc", "ß", "字", " ", "\t", "\u3000", "\n", "\n\n", "\r\n", "\r", "x1", "."), {
    maxLength: 60,
  })
  .map((parts) => parts.join(""));
const sizes = fc.integer({ min: 1, max: 20 });

test("a line is a document: stripped, blank ones skipped, ended as Python's text mode ends them", () => {
  fc.assert(
    fc.property(fc.array(text), sizes, (texts, size) => {
      const lines = texts.flatMap((text) => text.split(/[\n\r]/)).map((line) => line.trim());
      expect(cut("line", texts, size, 1 << 12).documents).toEqual(lines.filter((line) => line !== ""));
    }),
  );
});

test("a paragraph is a document: what stands between blank lines, its inner line breaks and indents kept", () => {
  fc.assert(
    fc.property(fc.array(text), sizes, (texts, size) => {
      const paragraphs = texts.flatMap((text) => {
        const found: string[][] = [[]];
        for (const line of text.split("\n")) {
          if (line.trim() === "") found.push([]);
          else found.at(-1)?.push(line);
        }
        return found.filter((lines) => lines.length > 0).map((lines) => lines.join("\n").replace(/\r$/, ""));
      });
      expect(cut("paragraph", texts, size, 1 << 12).documents).toEqual(paragraphs);
    }),
  );
  expect(cut("paragraph", ["  one\r\n two\r\n\r\n\r\nthree \n"], 4, 64).documents).toEqual(["  one\r\n two", "three "]);
});

test("a file is a document, kept to the last character; a blank one is none", () => {
  fc.assert(
    fc.property(fc.array(text), sizes, (texts, size) => {
      expect(cut("file", texts, size, 1 << 12).documents).toEqual(texts.filter((text) => text.trim() !== ""));
    }),
  );
});

test("documents larger than a batch come in pieces of whole characters and are the same joined", () => {
  const words = fc.array(fc.constantFrom("word ", "字", "déjà ", "1\n", "😀", "a"), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(fc.array(words), sizes, fc.integer({ min: 16, max: 64 }), (texts, size, capacity) => {
      const files = texts.map((parts) => parts.join(""));
      const { documents, batches } = cut("file", files, size, capacity);
      expect(documents).toEqual(files);
      for (const { bytes } of batches) expect(Buffer.from(Buffer.from(bytes).toString())).toEqual(Buffer.from(bytes));
      const lines = files.flatMap((file) => file.split("\n")).map((line) => line.trim());
      // A line that long is stripped of the space in its last piece only, and loses none but space.
      expect(cut("line", files, size, capacity).documents.map((line) => line.trim())).toEqual(lines.filter(Boolean));
    }),
  );
});

test("a large document is cut where every pattern ends a token: between a letter or digit and a space", () => {
  const { batches } = cut("file", ["one two three. Four five six, 66 77"], 100, 24);
  expect(batches.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual([
    "one two three. Four",
    " five six, 66 77",
  ]);
  expect(batches.map(({ continued, open }) => [continued, open])).toEqual([
    [false, true],
    [true, false],
  ]);
});

test("where a large document is cut does not depend on the chunks it was read in", () => {
  const file = "déjà vu 字字字字字字字字字字字字 one two ".repeat(20);
  const pieces = (size: number) =>
    cut("file", [file], size, 64).batches.map(({ bytes }) => Buffer.from(bytes).toString());
  expect(pieces(1)).toEqual(pieces(7));
  expect(pieces(1)).toEqual(pieces(1000));
});

test("a line of more spaces than can be held is text", () => {
  const spaces = " ".repeat((1 << 20) + 5);
  const [paragraph, next] = cut("paragraph", [`${spaces}\n\nb`], 1 << 18, 1 << 12).documents;
  expect([paragraph?.trim(), next]).toEqual(["", "b"]);
});

test("a blank file larger than a batch ends its document", () => {
  expect(cut("file", [" ".repeat(100), "a"], 10, 16).documents.at(-1)).toBe("a");
});

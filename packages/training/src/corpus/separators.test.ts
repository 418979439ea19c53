import * as fc from "fast-check";
import { expect, test } from "vitest";
import { documentCutter, type DocumentMode } from "./cut-documents.js";
import { BatchBuilder, documentsOf } from "./document-batch.js";
import { KNOWN_SEPARATORS, SeparatorCutter } from "./separators.js";

interface Cut {
  readonly separator?: string;
  readonly mode?: DocumentMode;
  readonly size?: number;
}

function cut(text: string, { separator = "auto", mode = "file", size = 1 << 20 }: Cut = {}) {
  const found: Record<string, number> = {};
  const builder = new BatchBuilder(1 << 16);
  const cutter = new SeparatorCutter(separator, builder, documentCutter(mode, builder), found);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) cutter.push(Buffer.from(bytes.subarray(at, at + size)));
  cutter.endText();
  builder.flush();
  const documents = builder.take().flatMap((batch) => [...documentsOf(batch)].map(String));
  return { documents, found };
}

test("a line of a known separator ends a document and is no text, nor is the line break before it", () => {
  const text = "One day.\n\nIt was.\n<|endoftext|>\nTwo\r\n  </s>\t\r\nThree\n[EOS]";
  expect(cut(text)).toEqual({
    documents: ["One day.\n\nIt was.", "Two", "Three"],
    found: { "<|endoftext|>": 1, "</s>": 1, "[EOS]": 1 },
  });
  expect(cut(text, { mode: "paragraph" }).documents).toEqual(["One day.", "It was.", "Two", "Three"]);
  expect(cut(text, { mode: "line" }).documents).toEqual(["One day.", "It was.", "Two", "Three"]);
});

test("a separator within a line is text", () => {
  const text = "a <|endoftext|> b\n<|endoftext|> c\nd</s>\n";
  expect(cut(text)).toEqual({ documents: [text], found: {} });
});

test("a line of one's own separates, and then the known ones are text", () => {
  expect(cut("a\n%\nb 100 %\n%%\n</s>\n", { separator: "%" })).toEqual({
    documents: ["a", "b 100 %\n%%\n</s>\n"],
    found: { "%": 1 },
  });
});

test("of several texts each begins a line of its own, whatever the one before ended with", () => {
  for (const first of ["one", "one\n", "x".repeat(200)]) {
    const found: Record<string, number> = {};
    const builder = new BatchBuilder(1 << 16);
    const cutter = new SeparatorCutter("auto", builder, documentCutter("file", builder), found);
    for (const text of [first, "</s>\ntwo"]) {
      cutter.push(Buffer.from(text));
      cutter.endText();
    }
    builder.flush();
    const documents = builder.take().flatMap((batch) => [...documentsOf(batch)].map(String));
    expect({ documents, found }).toEqual({ documents: [first, "two"], found: { "</s>": 1 } });
  }
});

test("empty documents between separators are none", () => {
  expect(cut("</s>\n</s>\na\n</s>\n \n</s>").documents).toEqual(["a"]);
});

test("however a text is cut into chunks, its documents are those between its separating lines", () => {
  const line = fc.oneof(
    fc.constantFrom(...KNOWN_SEPARATORS, " </s>", "</s> x", "<|endof", "", "x".repeat(100), `${"x".repeat(100)}</s>`),
    fc.string({ unit: "grapheme-ascii", maxLength: 12 }),
    fc.integer({ min: 60, max: 90 }).map((blanks) => `${" ".repeat(blanks)}</s>`),
  );
  const longest = "<|end_of_text|>".length + 64; // bytes of a line that is looked at
  fc.assert(
    fc.property(fc.array(line), fc.integer({ min: 1, max: 100 }), (lines, size) => {
      const marks: readonly string[] = KNOWN_SEPARATORS;
      const expected: string[][] = [[]];
      for (const each of lines) {
        if (marks.includes(each.trim()) && each.length <= longest) expected.push([]);
        else expected.at(-1)?.push(each);
      }
      const documents = expected.map((each) => each.join("\n")).filter((text) => text.trim() !== "");
      expect(cut(lines.join("\n"), { size }).documents).toEqual(documents);
    }),
    { numRuns: 500 },
  );
});

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { temporaryFolder } from "../home/temporary-folder.js";
import { BinWriter } from "./bin-writer.js";
import type { BinDType } from "./bin-format.js";
import { documentLengths } from "./document-lengths.js";
import { MASK } from "./mask.js";
import type { TokenBin } from "./token-bin.js";

const END = 7;

async function binOf(folder: string, name: string, dtype: BinDType, ids: readonly number[]): Promise<TokenBin> {
  const path = join(folder, name);
  await using writer = await BinWriter.create(path, dtype);
  await writer.write(dtype === "uint16" ? Uint16Array.from(ids) : Uint32Array.from(ids), { documents: 1, bytes: 1 });
  await writer.finish();
  return { path, tokens: ids.length, bytes: 1, documents: 1, dtype, measured: null };
}

/** The same from the definition: each token counts the length of its document. */
function expected(ids: readonly number[], seqLen: number): number[] {
  const documents: number[][] = [[]];
  for (const id of ids) {
    documents.at(-1)?.push(id);
    if (id === END) documents.push([]);
  }
  const lengths = documents.flatMap((document) => document.map(() => document.length));
  return Array.from({ length: Math.ceil(ids.length / seqLen) }, (_, i) => {
    const chunk = lengths.slice(i * seqLen, (i + 1) * seqLen);
    return chunk.reduce((sum, length) => sum + length, 0) / chunk.length;
  });
}

test("a chunk's length is the mean over its tokens of their documents' lengths, wherever those begin and end", async () => {
  await using folder = await temporaryFolder();
  let n = 0;
  const ids = fc.array(fc.constantFrom(1, 2, END, 300), { minLength: 1, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(
      ids,
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom("uint16", "uint32"),
      async (text, seqLen, dtype) => {
        const bin = await binOf(folder.path, `${n++}.bin`, dtype, text);
        const lengths = Array.from(await documentLengths(bin, seqLen, END));
        for (const [i, length] of expected(text, seqLen).entries()) expect(lengths[i]).toBeCloseTo(length, 9);
      },
    ),
    { numRuns: 30 },
  );
});

test("a file is read in pieces, and an id that lies across two is whole", async () => {
  await using folder = await temporaryFolder();
  const ids = Array.from({ length: 600_000 }, (_, i) => (i % 1000 === 999 ? END : 70_000));
  const lengths = await documentLengths(await binOf(folder.path, "large.bin", "uint32", ids), 1000, END);
  expect(lengths).toHaveLength(600);
  expect(lengths.every((length) => length === 1000)).toBe(true);
});

test("conversations begin where their mask says, and without an end no document has a length", async () => {
  await using folder = await temporaryFolder();
  const bin = await binOf(folder.path, "chat.bin", "uint16", [1, END, 1, 1, 1, 1]);
  const mask = join(folder.path, "chat.mask");
  await writeFile(mask, Uint8Array.of(MASK.begins, MASK.learnt, MASK.begins, MASK.read, MASK.learnt, MASK.padding));
  expect(Array.from(await documentLengths({ ...bin, mask }, 2, null))).toEqual([2, 4, 4]);
  await expect(documentLengths(bin, 2, null)).rejects.toThrow(/no token that ends a document/);
});

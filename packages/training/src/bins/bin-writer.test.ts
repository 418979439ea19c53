import { readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CorpusError } from "../corpus/corpus-error.js";
import { temporaryFolder } from "../home/temporary-folder.js";
import { binDType, decodeHeader, encodeHeader, HEADER_BYTES, type BinHeader } from "./bin-format.js";
import { BinWriter } from "./bin-writer.js";
import { verifiedSha256 } from "./token-bin.js";

const header: BinHeader = {
  dtype: "uint32",
  tokens: 2 ** 40 + 1,
  documents: 3,
  bytes: 2 ** 45,
  sha256: "ab".repeat(32),
};

test("a header is read back as it was written", () => {
  expect(encodeHeader(header).length).toBe(HEADER_BYTES);
  expect(decodeHeader(encodeHeader(header), "a.bin")).toEqual(header);
  expect(decodeHeader(encodeHeader({ ...header, dtype: "uint16" }), "a.bin").dtype).toBe("uint16");
});

test("ids are as narrow as the vocabulary allows", () => {
  expect([50_257, 65_536, 65_537].map(binDType)).toEqual(["uint16", "uint16", "uint32"]);
});

test("what is no header of this version is refused", () => {
  const bytes = encodeHeader(header);
  const missing = /a\.bin is not a token bin of version 2: its header is missing: it was not finished/;
  expect(() => decodeHeader(Buffer.alloc(HEADER_BYTES), "a.bin")).toThrow(missing);
  expect(() => decodeHeader(bytes.subarray(0, 100), "a.bin")).toThrow(missing);
  bytes.writeUInt32LE(9, 8);
  expect(() => decodeHeader(bytes, "a.bin")).toThrow(/its header is of version 9/);
  const odd = encodeHeader(header);
  odd.writeUInt32LE(3, 12);
  expect(() => decodeHeader(odd, "a.bin")).toThrow(CorpusError);
});

test("a bin that was not finished, was cut short or altered is found out", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "a.bin");
  {
    await using writer = await BinWriter.create(path, "uint16");
    await writer.write(Uint16Array.of(1, 2, 3), { documents: 1, bytes: 5 });
    await writer.write(Uint16Array.of(9, 4, 9).subarray(1, 2), { documents: 1, bytes: 1 });
    await expect(verifiedSha256(path)).rejects.toThrow(/was not finished/);
    expect(await writer.finish()).toMatchObject({ dtype: "uint16", tokens: 4, documents: 2, bytes: 6 });
  }
  const bytes = await readFile(path);
  expect(new Uint16Array(Uint8Array.from(bytes.subarray(HEADER_BYTES)).buffer)).toEqual(Uint16Array.of(1, 2, 3, 4));
  expect(await verifiedSha256(path)).toBe(decodeHeader(bytes.subarray(0, HEADER_BYTES), path).sha256);
  for (let bit = 0; bit < 64; bit++) {
    const altered = Buffer.from(bytes);
    const at = HEADER_BYTES + (bit >> 3);
    altered.writeUInt8(altered.readUInt8(at) ^ (1 << (bit & 7)), at);
    await writeFile(path, altered);
    await expect(verifiedSha256(path)).rejects.toThrow(/its ids are not those written/);
  }
  await writeFile(path, bytes);
  await truncate(path, bytes.length - 1);
  await expect(verifiedSha256(path)).rejects.toThrow(`it has ${bytes.length - 1} bytes instead of ${bytes.length}`);
  await expect(BinWriter.create(path, "uint16")).rejects.toThrow(/EEXIST/);
});

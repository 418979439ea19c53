import { CorpusError } from "../corpus/corpus-error.js";

/**
 * A token bin: a header of 128 bytes, then the ids, little-endian, as one stream in the order of the documents.
 * Header: 0 magic, 8 version (u32), 12 bytes of an id (u32: 2 or 4), 16 ids (u64), 24 documents (u64), 32 bytes of the
 * text encoded (u64), 64 SHA-256 of the ids. It is written when all ids are: a torn write has no magic.
 */
export const HEADER_BYTES = 128;
export const FORMAT_VERSION = 2;
const MAGIC = Buffer.from("TOKENBIN");

export type BinDType = "uint16" | "uint32";

/** The narrowest ids that a vocabulary fits in. */
export const binDType = (vocabSize: number): BinDType => (vocabSize <= 65_536 ? "uint16" : "uint32");
export const idBytes = (dtype: BinDType) => (dtype === "uint16" ? 2 : 4);

export interface BinHeader {
  readonly dtype: BinDType;
  readonly tokens: number;
  readonly documents: number;
  /** UTF-8 bytes of the text, without what separates the documents. */
  readonly bytes: number;
  /** SHA-256 of the ids in the file, as hex. */
  readonly sha256: string;
}

export function encodeHeader(header: BinHeader): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(FORMAT_VERSION, 8);
  bytes.writeUInt32LE(idBytes(header.dtype), 12);
  bytes.writeBigUInt64LE(BigInt(header.tokens), 16);
  bytes.writeBigUInt64LE(BigInt(header.documents), 24);
  bytes.writeBigUInt64LE(BigInt(header.bytes), 32);
  bytes.write(header.sha256, 64, "hex");
  return bytes;
}

/** @throws CorpusError CORPUS_UNREADABLE if the bytes are not a header of this version. */
export function decodeHeader(bytes: Buffer, path: string): BinHeader {
  const version = bytes.length === HEADER_BYTES && bytes.subarray(0, 8).equals(MAGIC) ? bytes.readUInt32LE(8) : null;
  const width = version === FORMAT_VERSION ? bytes.readUInt32LE(12) : 0;
  if (width !== 2 && width !== 4) {
    const what =
      version === null ? "its header is missing: it was not finished" : `its header is of version ${version}`;
    throw new CorpusError("CORPUS_UNREADABLE", `${path} is not a token bin of version ${FORMAT_VERSION}: ${what}`);
  }
  return {
    dtype: width === 2 ? "uint16" : "uint32",
    tokens: Number(bytes.readBigUInt64LE(16)),
    documents: Number(bytes.readBigUInt64LE(24)),
    bytes: Number(bytes.readBigUInt64LE(32)),
    sha256: bytes.toString("hex", 64, 96),
  };
}

import { crc32 } from "node:zlib";

// The log of LevelDB: records in blocks of a fixed size, so that a reader finds the next sound block after a damaged one.

const BLOCK = 32_768;
/** Checksum, length and kind, before each part of a record. */
const HEAD = 7;

/** Where in its record a part stands, by [is it the first][is it the last]. */
const KIND = { whole: 1, first: 2, middle: 3, last: 4 } as const;

/** What begins a file, in which W&B's differs from LevelDB's: their name, a number, and a version. */
export const LOG_HEADER = Buffer.from([...Buffer.from(":W&B"), 0xe1, 0xbe, 0]);

/** @param place the file's size, where the records are appended */
export function logRecords(records: readonly Buffer[], place: number): Buffer {
  const parts: Buffer[] = [];
  let at = place;
  const put = (bytes: Buffer) => {
    parts.push(bytes);
    at += bytes.length;
  };
  for (const record of records) {
    let from = 0;
    let isFirst = true;
    do {
      const left = BLOCK - (at % BLOCK);
      if (left < HEAD) put(Buffer.alloc(left));
      const room = BLOCK - (at % BLOCK) - HEAD;
      const data = record.subarray(from, from + room);
      const isLast = from + data.length === record.length;
      put(part(data, kindOf(isFirst, isLast)));
      isFirst = false;
      from += data.length;
    } while (from < record.length);
  }
  return Buffer.concat(parts);
}

function kindOf(isFirst: boolean, isLast: boolean): number {
  if (isFirst) return isLast ? KIND.whole : KIND.first;
  return isLast ? KIND.last : KIND.middle;
}

function part(data: Buffer, kind: number): Buffer {
  const bytes = Buffer.alloc(HEAD + data.length);
  data.copy(bytes, HEAD);
  bytes[6] = kind;
  bytes.writeUInt16LE(data.length, 4);
  bytes.writeUInt32LE(crc32(bytes.subarray(6)), 0); // zlib's, where LevelDB has Castagnoli's
  return bytes;
}

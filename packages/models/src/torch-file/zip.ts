import { crc32 } from "node:zlib";
import { ModelError } from "../errors.js";

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 0xffff;

/**
 * The files of a zip archive whose entries are stored uncompressed, as torch.save writes it; none is unpacked or
 * copied. Together they are at most as long as the archive, and their checksums are verified.
 */
export function readStoredZip(archive: Buffer, where: string): Map<string, Buffer> {
  const end = findEnd(archive, where);
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  let bytes = 0;
  const entries = new Map<string, Buffer>();
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || archive.readUInt32LE(at) !== CENTRAL) throw damaged(where, "its directory is cut off");
    const size = archive.readUInt32LE(at + 24);
    const nameEnd = at + 46 + archive.readUInt16LE(at + 28);
    const name = archive.toString("utf8", at + 46, nameEnd);
    if (archive.readUInt16LE(at + 10) !== 0)
      throw damaged(where, `${name} is compressed, which torch.save does not do`);
    const start = dataStart(archive, archive.readUInt32LE(at + 42), end);
    if (start === null || start + size > end) throw damaged(where, `${name} lies outside of it`);
    const data = archive.subarray(start, start + size);
    if (crc32(data) !== archive.readUInt32LE(at + 16)) {
      throw damaged(where, `${name} is damaged (its CRC-32 differs), or was saved without checksums`);
    }
    bytes += size;
    if (bytes > end) throw damaged(where, "its entries overlap");
    entries.set(name, data);
    at = nameEnd + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return entries;
}

function findEnd(archive: Buffer, where: string): number {
  const last = archive.length - END_BYTES;
  for (let at = last; at >= Math.max(0, last - LONGEST_COMMENT); at--) {
    if (archive.readUInt32LE(at) === END) return at;
  }
  throw damaged(where, "it is no zip archive");
}

/** Offset of an entry's bytes: behind a header of its own, whose name and extra field may be longer. */
function dataStart(archive: Buffer, header: number, end: number): number | null {
  if (header + 30 > end || archive.readUInt32LE(header) !== LOCAL) return null;
  return header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28);
}

const damaged = (where: string, why: string) => new ModelError("MODEL_LOAD_FAILED", `${where}: ${why}`);

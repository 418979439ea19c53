import { crc32 } from "node:zlib";
import type { Edit, Random } from "./fuzz-random.js";

const CENTRAL = Buffer.from("PK\x01\x02");

/** Changes an entry of a sound zip of stored files, as long as it is, and makes its checksum right: else nothing of it is read. */
export function editEntry(archive: Buffer, r: Random, edit: Edit<Buffer>): Buffer {
  const copy = Buffer.from(archive);
  const entries: number[] = [];
  for (let at = copy.indexOf(CENTRAL); at !== -1; at = copy.indexOf(CENTRAL, at + 1)) entries.push(at);
  const [first = 0] = entries; // torch.save's pickle
  const entry = r.below(3) === 0 ? r.pick(entries) : first;
  const size = copy.readUInt32LE(entry + 24);
  const local = copy.readUInt32LE(entry + 42);
  const start = local + 30 + copy.readUInt16LE(local + 26) + copy.readUInt16LE(local + 28);
  const data = copy.subarray(start, start + size);
  Buffer.concat([edit(data, r, [data]), Buffer.alloc(size)]).copy(data);
  copy.writeUInt32LE(crc32(data), entry + 16);
  return copy;
}

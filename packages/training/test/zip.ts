import { crc32, deflateRawSync } from "node:zlib";

/** A zip archive of these files, in their order; `flags` 1 says that they are encrypted. */
export function zipOf(files: Readonly<Record<string, string | Buffer>>, { flags = 0, copies = 1 } = {}): Buffer {
  const bodies: Buffer[] = [];
  const table: Buffer[] = [];
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const bytes = Buffer.from(content);
    const packed = deflateRawSync(bytes);
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(0x800 | flags, 2);
    facts.writeUInt16LE(8, 4);
    facts.writeUInt32LE(crc32(bytes), 10);
    facts.writeUInt32LE(packed.length, 14);
    facts.writeUInt32LE(bytes.length, 18);
    facts.writeUInt16LE(name.length, 22);
    facts.copy(header, 4);
    for (let copy = 0; copy < copies; copy += 1) {
      const named = copy === 0 ? name : name.replace(".", `${copy}.`);
      const entry = Buffer.alloc(46);
      entry.writeUInt32LE(0x02014b50, 0);
      facts.copy(entry, 6);
      entry.writeUInt16LE(named.length, 28);
      entry.writeUInt32LE(at, 42);
      table.push(entry, Buffer.from(named));
    }
    bodies.push(header, Buffer.from(name), packed);
    at += 30 + name.length + packed.length;
  }
  const directory = Buffer.concat(table);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(table.length / 2, 8);
  end.writeUInt16LE(table.length / 2, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...bodies, directory, end]);
}

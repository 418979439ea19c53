import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

export interface Member {
  readonly name: string;
  readonly type?: string;
  readonly content?: string | Buffer;
  /** Fields of the header by their offsets, in place of what belongs there; the checksum is made right. */
  readonly raw?: Readonly<Record<number, string>>;
}

/** A tar of any members, also such as no decent program writes; without the two blocks at its end. */
export function tar(...members: readonly Member[]): Buffer {
  return Buffer.concat(members.map(member));
}

export const END = Buffer.alloc(1024);

function member({ name, type = "0", content = "", raw = {} }: Member): Buffer {
  const body = Buffer.from(content);
  const header = Buffer.alloc(512);
  header.write(name, 0, 100, "latin1");
  header.write(["0000644", "0000000", "0000000", ""].join("\0"), 100);
  header.write(`${body.length.toString(8).padStart(11, "0")}\0${"0".repeat(11)}\0`, 124);
  header.write(type, 156, "latin1");
  header.write("ustar\x0000", 257, "latin1");
  for (const [offset, value] of Object.entries(raw)) header.write(value, Number(offset), "latin1");
  header.fill(" ", 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(raw[148] ?? `${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return Buffer.concat([header, body, Buffer.alloc(-body.length & 511)]);
}

/** A record of extended attributes: its length, which counts itself, key and value. */
export function attribute(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const digits = String(rest.length + 2).length;
  return `${rest.length + digits}${rest}`;
}

export const archive = (...members: readonly Member[]): Buffer => gzipSync(Buffer.concat([tar(...members), END]));

export const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

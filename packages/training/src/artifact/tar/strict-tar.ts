import { Transform, type TransformCallback } from "node:stream";
import { TrainingError } from "../../errors.js";

/** An archive that is damaged or was made to do harm. Trying again does not help. */
export const refused = (why: string, options?: ErrorOptions): TrainingError =>
  new TrainingError("ARTIFACT_DOWNLOAD_FAILED", `the archive of the run cannot be taken: ${why}`, options);

const BLOCK = 512;
const FILE: ReadonlySet<string> = new Set(["0", "\0"]);
const FOLDER = "5";
const EXTENSION = "x";
/** A record of a harmless attribute has some 30 bytes. */
const LARGEST_EXTENSION = 64 << 10;

const REFUSED: Readonly<Record<string, string>> = {
  "1": "a hard link",
  "2": "a symbolic link",
  "3": "a device",
  "4": "a device",
  "6": "a pipe",
  g: "attributes of all that follows",
  L: "a long name as GNU writes it",
  S: "a sparse file",
};

/**
 * Lets a POSIX tar archive through as long as there is but one reading of it: files, folders and harmless attributes, sizes
 * in octal, and at the end two blocks of zeros with nothing but zeros behind them. Readers of tar, the one that follows
 * among them, make more of an archive than that (names and sizes from attributes, entries behind the end), each in its own
 * way, and may take one that ends too soon for whole.
 */
export class StrictTar extends Transform {
  readonly #block = Buffer.alloc(BLOCK);
  #filled = 0;
  /** Blocks of content before the next header. */
  #content = 0;
  /** Attributes that are being read: their bytes, and how many of those are no padding. */
  #extension: { readonly blocks: Buffer[]; readonly bytes: number } | null = null;
  /** Blocks of zeros at the end. */
  #zeros = 0;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      this.#read(chunk);
    } catch (error) {
      done(TrainingError.from(error));
      return;
    }
    done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    const whole = this.#filled === 0 && this.#content === 0 && this.#zeros >= 2;
    done(whole ? null : refused("it ends too soon"));
  }

  #read(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      const whole = Math.floor((chunk.length - at) / BLOCK);
      if (this.#filled === 0 && this.#extension === null && this.#content > 0 && whole > 0) {
        const skipped = Math.min(this.#content, whole); // content is not looked at
        this.#content -= skipped;
        at += skipped * BLOCK;
        continue;
      }
      const copied = chunk.copy(this.#block, this.#filled, at);
      at += copied;
      this.#filled = (this.#filled + copied) % BLOCK;
      if (this.#filled === 0) this.#take(this.#block);
    }
  }

  #take(block: Buffer): void {
    if (this.#content > 0) {
      this.#content--;
      this.#extension?.blocks.push(Buffer.from(block));
      if (this.#content === 0) this.#endExtension();
    } else if (block.every((byte) => byte === 0)) {
      this.#zeros++;
    } else if (this.#zeros > 0) {
      throw refused("something follows its end");
    } else {
      this.#header(block);
    }
  }

  #header(block: Buffer): void {
    const text = block.toString("latin1");
    if (text.slice(257, 263) !== "ustar\0") throw refused("it is no POSIX tar");
    if (/\0[^\0]/.test(text.slice(0, 100)) || /\0[^\0]/.test(text.slice(345, 500)))
      throw refused("a NUL within a name");
    if (octal(text.slice(148, 156)) !== checksum(block)) throw refused("a header whose checksum is wrong");
    const size = octal(text.slice(124, 136));
    if (size === null) throw refused("a size that is no octal number");
    const type = text.slice(156, 157);
    if (type === EXTENSION) {
      if (size > LARGEST_EXTENSION) throw refused(`attributes of ${size} bytes`);
      this.#extension = { blocks: [], bytes: size };
    } else if (type === FOLDER) {
      if (size > 0) throw refused("a folder with contents of its own");
    } else if (!FILE.has(type)) {
      throw refused(`it holds ${REFUSED[type] ?? `something of the type ${JSON.stringify(type)}`}`);
    }
    this.#content = Math.ceil(size / BLOCK);
  }

  #endExtension(): void {
    if (this.#extension === null) return;
    checkExtension(Buffer.concat(this.#extension.blocks).subarray(0, this.#extension.bytes));
    this.#extension = null;
  }
}

/** Attributes that Python's tarfile writes for every file: none about its path, type or size. */
const HARMLESS = /^(mtime|atime|ctime|uid|gid|uname|gname|comment)$/;

/**
 * Refuses malformed extended attributes of a POSIX tar, and those that override a file's path, type or size: records of
 * "length key=value\n", the length counting the whole record.
 */
function checkExtension(bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) {
    const [, length = "", key = ""] = /^(\d{1,5}) ([^=\n]{1,100})=/.exec(bytes.toString("latin1", at, at + 128)) ?? [];
    const end = at + Number(length);
    if (key === "" || end > bytes.length || bytes[end - 1] !== 0x0a || end - at < length.length + key.length + 3) {
      throw refused("attributes that are not well formed");
    }
    if (!HARMLESS.test(key)) throw refused(`attributes that set the ${key} of what follows`);
    at = end;
  }
}

/** A field's number; null if it is none. */
function octal(field: string): number | null {
  const digits = /^ *([0-7]+)[ \0]*$/.exec(field)?.[1];
  return digits === undefined ? null : Number.parseInt(digits, 8);
}

/** Checksum of a header, in which the checksum itself counts as spaces. */
const checksum = (block: Buffer): number =>
  block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);

import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import { encodeHeader, HEADER_BYTES, type BinDType, type BinHeader } from "./bin-format.js";

/** Writes one token bin as a stream. Until `finish` the file has no header and is no bin. */
export class BinWriter implements AsyncDisposable {
  /** Ids written so far. */
  tokens = 0;
  #documents = 0;
  #bytes = 0;
  readonly #hash = createHash("sha256");

  private constructor(
    private readonly file: FileHandle,
    private readonly dtype: BinDType,
  ) {}

  /** Creates the file, which must not exist. */
  static async create(path: string, dtype: BinDType): Promise<BinWriter> {
    const file = await open(path, "wx");
    const writer = new BinWriter(file, dtype);
    await file.writeFile(Buffer.alloc(HEADER_BYTES));
    return writer;
  }

  /** Appends ids, and counts the documents that end in them and the UTF-8 bytes they stand for. */
  async write(ids: Uint16Array | Uint32Array, of: { documents: number; bytes: number }): Promise<void> {
    const bytes = new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength);
    this.#hash.update(bytes);
    await this.file.writeFile(bytes);
    this.tokens += ids.length;
    this.#documents += of.documents;
    this.#bytes += of.bytes;
  }

  /** Writes the header and waits until all is on the disk. */
  async finish(): Promise<BinHeader> {
    const header = {
      dtype: this.dtype,
      tokens: this.tokens,
      documents: this.#documents,
      bytes: this.#bytes,
      sha256: this.#hash.digest("hex"),
    };
    await this.file.write(encodeHeader(header), 0, HEADER_BYTES, 0);
    await this.file.sync();
    return header;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.file.close();
  }
}

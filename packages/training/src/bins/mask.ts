import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";

/** Bytes of a mask, one a token: the token is only read, learnt, the first of a conversation, or padding. */
export const MASK = { read: 0, learnt: 1, begins: 2, padding: 3 } as const;

/** Writes a mask as a stream, one byte for each token of its bin. */
export class MaskWriter implements AsyncDisposable {
  readonly #hash = createHash("sha256");

  private constructor(private readonly file: FileHandle) {}

  /** Creates the file, which must not exist. */
  static async create(path: string): Promise<MaskWriter> {
    return new MaskWriter(await open(path, "wx"));
  }

  async write(mask: Uint8Array): Promise<void> {
    this.#hash.update(mask);
    await this.file.writeFile(mask);
  }

  /** Waits until all is on the disk, and returns its SHA-256 as hex. */
  async finish(): Promise<string> {
    await this.file.sync();
    return this.#hash.digest("hex");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.file.close();
  }
}

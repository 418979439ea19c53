import { createHash } from "node:crypto";
import type { CorpusFile } from "./find-files.js";
import { isUsual } from "./text-field.js";

/** SHA-256 of the kinds and contents of files, and of the fields read of them, as they lie on the disk, one after another. */
export class ContentHash {
  readonly #whole = createHash("sha256");
  #file = createHash("sha256");

  /** More of the file at hand. */
  readonly update = (chunk: Uint8Array): void => void this.#file.update(chunk);

  /** The file at hand is whole. */
  end({ format, compression, field }: Pick<CorpusFile, "format" | "compression" | "field">): void {
    const read = isUsual(field) ? "" : ` ${JSON.stringify(field)}`; // what was hashed before fields had names keeps its hash
    this.#whole.update(`${format} ${compression ?? "plain"} ${this.#file.digest("hex")}${read}\n`);
    this.#file = createHash("sha256");
  }

  /** As hex, once all files have ended. */
  digest(): string {
    return this.#whole.digest("hex");
  }
}

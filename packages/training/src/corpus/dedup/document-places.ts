import { at } from "@trainer/disk";
import type { CorpusFile } from "../find-files.js";

/** Place of a document: its file, and its number there from 1. */
export interface DocumentPlace {
  readonly path: string;
  readonly number: number;
}

/** Where the documents of a corpus lie, as its files end one after another. */
export class DocumentPlaces {
  readonly #ends: number[] = [];

  constructor(private readonly files: readonly Pick<CorpusFile, "path">[]) {}

  /** A file has ended; `documents`: their number so far. */
  readonly endFile = (documents: number): void => void this.#ends.push(documents);

  /** @param document its number in the corpus, from 0 */
  of(document: number): DocumentPlace {
    const { file, number } = this.indexOf(document);
    return { path: at(this.files, file).path, number };
  }

  /** The same with the index of the file. */
  indexOf(document: number): { readonly file: number; readonly number: number } {
    const found = this.#ends.findIndex((end) => end > document);
    const file = found === -1 ? this.#ends.length : found; // one that has not ended yet
    const first = file === 0 ? 0 : at(this.#ends, file - 1);
    return { file, number: document - first + 1 };
  }
}

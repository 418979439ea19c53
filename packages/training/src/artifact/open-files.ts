import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { openFile } from "@trainer/disk";

/** A file that is open to be read, whatever becomes of its name. */
export interface OpenFile {
  readonly name: string;
  readonly bytes: number;
  readonly handle: FileHandle;
}

/** Files of a folder that are held open together: what removes or replaces them meanwhile changes nothing of what is read. */
export class OpenFiles implements AsyncDisposable {
  readonly #dir: string;
  readonly #opened: OpenFile[] = [];

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Null for what is no file, or is a link. */
  async open(name: string): Promise<OpenFile | null> {
    const opened = await openFile(join(this.#dir, name));
    if (opened === null) return null;
    const file = { name, bytes: opened.info.size, handle: opened.file };
    this.#opened.push(file);
    return file;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#opened.splice(0).map(({ handle }) => handle.close()));
  }
}

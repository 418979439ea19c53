import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { unlessAbsent } from "@trainer/disk";

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

  /** Null for what is no file, or is a link. A device or a pipe is not waited for. */
  async open(name: string): Promise<OpenFile | null> {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const handle = await unlessAbsent(open(join(this.#dir, name), flags));
    if (handle === null) return null;
    const info = await handle.stat();
    if (!info.isFile()) {
      await handle.close();
      return null;
    }
    const file = { name, bytes: info.size, handle };
    this.#opened.push(file);
    return file;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#opened.splice(0).map(({ handle }) => handle.close()));
  }
}

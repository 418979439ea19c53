import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { isErrno } from "@trainer/disk";
import type { z } from "zod";

/** Bytes that are read at once, where nothing else is said. A longer line is none of a run's. */
const MOST = 1 << 20;

/** Lines of a file since a place in it, which moves on only when what was read has been used. */
export class LinesSince<T> {
  /** Bytes of the file that have been used. */
  place: number;
  readonly #most: number;

  /** @param most bytes that are read at once */
  constructor(
    readonly path: string,
    readonly schema: z.ZodType<T>,
    { place = 0, most = MOST }: { readonly place?: number; readonly most?: number | undefined } = {},
  ) {
    this.place = place;
    this.#most = most;
  }

  /** The next whole lines, and the place after them; null at the file's end. Lines of another kind are left out. */
  read(): { values: T[]; end: number } | null {
    const bytes = readFrom(this.path, this.place, this.#most);
    const whole = bytes.lastIndexOf("\n") + 1;
    const passed = whole === 0 && bytes.length === this.#most ? bytes.length : whole; // over what has no end
    if (passed === 0) return null;
    const lines = bytes.toString("utf8", 0, whole).split("\n");
    return { values: lines.flatMap((line) => this.#parse(line)), end: this.place + passed };
  }

  #parse(line: string): T[] {
    try {
      const { data } = this.schema.safeParse(JSON.parse(line));
      return data === undefined ? [] : [data];
    } catch {
      return [];
    }
  }
}

function readFrom(path: string, place: number, most: number): Buffer {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return Buffer.alloc(0);
    throw error;
  }
  try {
    const bytes = Buffer.alloc(Math.max(0, Math.min(fstatSync(fd).size - place, most)));
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, place));
  } finally {
    closeSync(fd);
  }
}

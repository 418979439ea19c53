import {
  closeSync,
  ftruncateSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { at } from "@trainer/disk";
import { versionEvent } from "./events.js";
import { record, wholeRecords } from "./records.js";

const NAME = /^events\.out\.tfevents\.\d+\./;

/** Names of the event files in a folder, the oldest first, as TensorBoard reads them. */
export const eventFiles = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => NAME.test(name))
    .toSorted();

/**
 * A folder's event file: the newest, or a new one. It is found, or made, as the first events are written, and cut back
 * to its last whole record then.
 */
export class EventFile {
  #path: string | null = null;

  constructor(readonly folder: string) {}

  /** Appends events; where there is no room for all of them, the file stays as it was. */
  append(events: readonly Buffer[]): void {
    this.#path ??= this.#open();
    appendWhole(this.#path, Buffer.concat(events.map(record)));
  }

  #open(): string {
    mkdirSync(this.folder, { recursive: true });
    const newest = eventFiles(this.folder).at(-1);
    if (newest === undefined) return newFile(this.folder);
    const path = join(this.folder, newest);
    const bytes = wholeRecords(readFileSync(path));
    if (bytes === 0) return newFile(this.folder);
    truncateSync(path, bytes);
    return path;
  }
}

function newFile(folder: string): string {
  const seconds = Date.now() / 1000;
  const host = at(hostname().split("."), 0);
  const name = `events.out.tfevents.${String(Math.floor(seconds)).padStart(10, "0")}.${host}.${process.pid}.0`;
  const path = join(folder, name);
  appendWhole(path, record(versionEvent(seconds)));
  return path;
}

function appendWhole(path: string, bytes: Buffer): void {
  const fd = openSync(path, "a");
  try {
    const before = fstatSync(fd).size;
    try {
      for (let from = 0; from < bytes.length;) from += writeSync(fd, bytes, from);
    } catch (error) {
      ftruncateSync(fd, before);
      throw error;
    }
  } finally {
    closeSync(fd);
  }
}

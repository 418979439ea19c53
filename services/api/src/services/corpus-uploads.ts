import { createHash } from "node:crypto";
import type { Stats } from "node:fs";
import { lstat, open, rename, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { createIfFree, makeFolder, namesIn, sha256OfFile, syncFolder, unlessAbsent } from "@trainer/disk";
import { AppError, type CorpusUpload } from "@trainer/platform";
import { assertTextFile, assertTextName, assertTextStart, bytesOf, type TextRoot } from "@trainer/training/files";
import { checkCorpusName } from "./corpus-name.js";
import { textRefusal } from "./text-refusal.js";

/** A piece of a text. */
export interface CorpusPiece {
  readonly bytes: Buffer;
  readonly offset: number;
  readonly total: number;
  /** What has the name already gives way. */
  readonly replace: boolean;
}

interface Part {
  readonly path: string;
  readonly offset: number;
  readonly total: number;
}

/** Bytes by which the start of a text is judged. */
const START_BYTES = 64 << 10;

/** Longer than a piece takes: a lock of that age is of a process that was killed. */
const LOCK_MS = 120_000;

/**
 * Takes texts in, piece by piece: each is in the corpus folder when it is whole, and not before. Several services may
 * have the folder, and a client's next piece may come to another of them.
 */
export class CorpusUploads {
  readonly #texts: TextRoot;

  constructor(texts: TextRoot) {
    this.#texts = texts;
  }

  /** @throws AppError INVALID_INPUT, CONFLICT, CORPUS_EMPTY, INSUFFICIENT_STORAGE */
  async put(name: string, piece: CorpusPiece): Promise<CorpusUpload> {
    checkCorpusName(name);
    return await this.#alone(name, () => this.#put(name, piece)).catch((error: unknown) => {
      throw textRefusal(error, (message) => message);
    });
  }

  /** @throws AppError DATA_NOT_FOUND */
  async progress(name: string): Promise<CorpusUpload> {
    checkCorpusName(name);
    const [part] = await this.#partsOf(name);
    if (part === undefined) throw new AppError("DATA_NOT_FOUND", `no upload of ${name} has begun`);
    return { name, offset: part.offset, total: part.total, done: false };
  }

  /** Forgets what has come. @throws AppError DATA_NOT_FOUND, CONFLICT */
  async abandon(name: string): Promise<CorpusUpload> {
    return await this.#alone(name, async () => {
      const upload = await this.progress(name);
      await this.#forget(name);
      return upload;
    });
  }

  async #alone<T>(name: string, work: () => Promise<T>): Promise<T> {
    const folder = this.#texts.uploads;
    await makeFolder(folder);
    const lock = join(folder, `lock.${keyOf(`lock of ${name}`)}`);
    const held = await unlessAbsent(lstat(lock));
    if (held !== null && Date.now() - held.mtimeMs > LOCK_MS) await rm(lock, { force: true });
    if (!createIfFree(lock, "")) throw new AppError("CONFLICT", `a piece of ${name} is being written: try again`);
    try {
      return await work();
    } finally {
      await rm(lock, { force: true });
    }
  }

  async #put(name: string, { bytes, offset, total, replace }: CorpusPiece): Promise<CorpusUpload> {
    assertTextName(name);
    const end = offset + bytes.length;
    if (end > total) throw new AppError("INVALID_INPUT", `the piece ends at byte ${end}, and the text has ${total}`);
    if (bytes.length === 0 && offset < total) throw new AppError("INVALID_INPUT", "the piece is empty");
    if (offset === 0) assertTextStart(name, bytes.subarray(0, START_BYTES));
    const part = offset === 0 ? await this.#begin(name, total, replace) : await this.#goOn(name, offset, total);
    await append(part, bytes);
    if (end < total) return { name, offset: end, total, done: false };
    await this.#finish(name, part.path, replace);
    return { name, offset: total, total, done: true };
  }

  async #begin(name: string, total: number, replace: boolean): Promise<Part> {
    const there = await this.#there(name);
    if (there !== null && !replace && there.size !== total) throw taken(name);
    await this.#forget(name);
    const folder = this.#texts.uploads;
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < total) {
      const message = `the text has ${total} bytes, and the server's disk ${bavail * bsize} free`;
      throw new AppError("INSUFFICIENT_STORAGE", message);
    }
    const path = join(folder, `${total}.${keyOf(name)}`);
    await using _new = await open(path, "w");
    return { path, offset: 0, total };
  }

  async #goOn(name: string, offset: number, total: number): Promise<Part> {
    const [part] = await this.#partsOf(name);
    if (part?.offset === offset && part.total === total) return part;
    const headers = { "upload-offset": String(part?.total === total ? part.offset : 0) };
    if (part?.total === total)
      throw new AppError("CONFLICT", `${part.offset} bytes of ${name} have come: go on there`, { headers });
    const message =
      part === undefined
        ? `no upload of ${name} has begun: begin at byte 0`
        : `the upload of ${name} that has begun is of ${part.total} bytes, not ${total}: begin anew at byte 0`;
    throw new AppError("CONFLICT", message, { headers });
  }

  /** Puts a whole text in its place; where another has the name it waits for a last word, an empty piece with `replace`. */
  async #finish(name: string, path: string, replace: boolean): Promise<void> {
    try {
      await assertTextFile(path, name);
    } catch (error) {
      await rm(path, { force: true });
      throw textRefusal(error, (message) => message.replaceAll(path, name));
    }
    const target = join(this.#texts.folder, name);
    const there = await this.#there(name);
    if (there !== null && !replace && !(there.isFile() && (await areSame(target, path)))) throw taken(name);
    await rename(path, target);
    await syncFolder(this.#texts.folder);
  }

  /** What has the name already. @throws AppError CONFLICT for a folder */
  async #there(name: string): Promise<Stats | null> {
    const there = await unlessAbsent(lstat(join(this.#texts.folder, name)));
    if (there?.isDirectory() === true) throw new AppError("CONFLICT", `${name} is a folder: take another name`);
    return there;
  }

  async #forget(name: string): Promise<void> {
    for (const { path } of await this.#partsOf(name)) await rm(path, { force: true });
  }

  async #partsOf(name: string): Promise<Part[]> {
    const folder = this.#texts.uploads;
    const parts: Part[] = [];
    for (const file of await namesIn(folder)) {
      if (!file.endsWith(`.${keyOf(name)}`)) continue;
      const path = join(folder, file);
      parts.push({ path, offset: await bytesOf(path), total: Number.parseInt(file, 10) });
    }
    return parts;
  }
}

const taken = (name: string) =>
  new AppError("CONFLICT", `there is another text ${name}: take another name, or replace it (replace=true)`);

/** The ending by which an upload is found again, and by which housekeeping knows a temporary file. */
function keyOf(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}.tmp`;
}

async function append({ path, offset, total }: Part, bytes: Buffer): Promise<void> {
  await using file = await open(path, "a");
  try {
    await file.appendFile(bytes);
    if (offset + bytes.length === total) await file.sync();
  } catch (error) {
    await file.truncate(offset); // a piece counts whole or not at all
    throw error;
  }
}

const areSame = async (a: string, b: string): Promise<boolean> => (await sha256OfFile(a)) === (await sha256OfFile(b));

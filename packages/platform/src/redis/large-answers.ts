import { createHash } from "node:crypto";
import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, namesIn, removeTemporaries, unlessAbsent, writeText } from "@trainer/disk";
import { z } from "zod";

/** Number of characters from which an answer is stored in the home. */
const LARGE = 256 << 10;

/** Name of an answer's file: the hash of its key in Redis, and the seconds that it is kept; without these a week. */
const FILE = /^[0-9a-f]{64}(?:\.(\d+))?\.json$/;
const WEEK_SECONDS = 604_800;
const Stored = z.strictObject({ file: z.string().regex(FILE) });

/** Answers too large to be kept in Redis, as files in the home. */
export class LargeAnswers {
  readonly #folder: string;

  constructor(home: string) {
    this.#folder = join(home, "answers");
  }

  /** Value for the key: the text itself, or the name of its file. */
  async store(key: string, text: string, ttlSec: number): Promise<string> {
    if (text.length < LARGE) return text;
    const file = `${createHash("sha256").update(key).digest("hex")}.${ttlSec}.json`;
    await makeFolder(this.#folder);
    await writeText(join(this.#folder, file), text);
    return JSON.stringify({ file });
  }

  /** The text of a key's value; null if its file is gone. */
  async restore(text: string): Promise<string | null> {
    if (!text.startsWith('{"file":')) return text;
    const stored = Stored.safeParse(JSON.parse(text));
    return stored.success ? await unlessAbsent(readFile(join(this.#folder, stored.data.file), "utf8")) : null;
  }

  /** Removes answers whose keys have expired. */
  async removeExpired(): Promise<void> {
    await removeTemporaries(this.#folder);
    for (const name of await namesIn(this.#folder)) {
      const named = FILE.exec(name);
      if (named === null) continue;
      const [, ttlSec = WEEK_SECONDS] = named;
      const path = join(this.#folder, name);
      const info = await unlessAbsent(stat(path));
      if (info !== null && Date.now() - info.mtimeMs > Number(ttlSec) * 1000) await rm(path, { force: true });
    }
  }
}

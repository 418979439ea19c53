import { createHash } from "node:crypto";
import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, namesIn, unlessAbsent, writeText } from "@trainer/disk";
import { z } from "zod";

/** Number of characters from which an answer is stored in the home; its key in Redis names the file. */
const LARGE = 256 << 10;

const Stored = z.strictObject({ file: z.string().regex(/^[0-9a-f]{64}\.json$/) });

/** Answers too large to be kept in Redis, as files in the home. */
export class LargeAnswers {
  readonly #folder: string;

  constructor(
    home: string,
    private readonly ttlSec: number,
  ) {
    this.#folder = join(home, "answers");
  }

  /** Value for the key: the text itself, or the name of its file. */
  async store(key: string, text: string): Promise<string> {
    if (text.length < LARGE) return text;
    const file = `${createHash("sha256").update(key).digest("hex")}.json`;
    await makeFolder(this.#folder);
    await this.#removeExpired();
    await writeText(join(this.#folder, file), text);
    return JSON.stringify({ file });
  }

  /** The text of a key's value; null if its file is gone. */
  async restore(text: string): Promise<string | null> {
    if (!text.startsWith('{"file":')) return text;
    const stored = Stored.safeParse(JSON.parse(text));
    return stored.success ? await unlessAbsent(readFile(join(this.#folder, stored.data.file), "utf8")) : null;
  }

  async #removeExpired(): Promise<void> {
    for (const name of await namesIn(this.#folder)) {
      const path = join(this.#folder, name);
      const info = await unlessAbsent(stat(path));
      if (info !== null && Date.now() - info.mtimeMs > this.ttlSec * 1000) await rm(path, { force: true });
    }
  }
}

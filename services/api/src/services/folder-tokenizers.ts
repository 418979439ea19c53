import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { isId, namesIn, unlessAbsent } from "@trainer/disk";
import { TokenizerStats } from "@trainer/platform";
import type { ListedTokenizer } from "@trainer/platform/redis";
import { TokenizerManifest, type Home } from "@trainer/training/files";
import { SETTLED_MS } from "./folder-runs.js";
import { inBatches } from "./in-batches.js";

/** Number of folders that are looked at a time. */
const BATCH = 64;

interface Folder {
  readonly id: string;
  readonly mtimeMs: number;
}

/** What was found while the folder around the tokenizers was as it is. */
interface Found {
  /** When that folder was last changed; null where that may not be told by its time. */
  readonly mtimeMs: number | null;
  /** Those that were last written to first. */
  readonly folders: readonly Folder[];
  /** What was read of them, by their ids. */
  readonly read: Map<string, ListedTokenizer>;
}

/**
 * The tokenizers of a home by their files, those that no service knows of included. They come and go whole, by renaming,
 * which sets the time of the folder around them: what was read is kept until then.
 */
export class FolderTokenizers {
  #found: Found | null = null;

  constructor(private readonly home: Home) {}

  /** Null where there is none that can be read. */
  async one(id: string): Promise<ListedTokenizer | null> {
    const info = isId(id) ? await unlessAbsent(stat(join(this.home.tokenizers, id))) : null;
    return info === null ? null : await this.#read({ id, mtimeMs: info.mtimeMs });
  }

  /** Those that were last written to first, without some. */
  async newest(limit: number, without: ReadonlySet<string>): Promise<ListedTokenizer[]> {
    const { folders, read } = await this.#folders();
    const wanted = folders.filter(({ id }) => !without.has(id)).slice(0, limit);
    const made = await inBatches(wanted, BATCH, async (folder) => {
      const known = read.get(folder.id);
      if (known !== undefined) return known;
      const tokenizer = await this.#read(folder);
      if (tokenizer !== null) read.set(folder.id, tokenizer);
      return tokenizer;
    });
    return made.filter((tokenizer) => tokenizer !== null);
  }

  async #folders(): Promise<Found> {
    const { tokenizers } = this.home;
    const at = Date.now();
    const changed = (await unlessAbsent(stat(tokenizers)))?.mtimeMs ?? null;
    if (this.#found !== null && changed !== null && this.#found.mtimeMs === changed) return this.#found;
    const folders = await inBatches((await namesIn(tokenizers)).filter(isId), BATCH, async (id): Promise<Folder[]> => {
      const info = await unlessAbsent(stat(join(tokenizers, id)));
      return info === null ? [] : [{ id, mtimeMs: info.mtimeMs }];
    });
    this.#found = {
      mtimeMs: changed !== null && at - changed > SETTLED_MS ? changed : null,
      folders: folders.flat().toSorted((a, b) => b.mtimeMs - a.mtimeMs),
      read: new Map(),
    };
    return this.#found;
  }

  async #read({ id, mtimeMs }: Folder): Promise<ListedTokenizer | null> {
    try {
      const text = await readFile(join(this.home.tokenizers, id, "manifest.json"), "utf8");
      const { stats } = TokenizerManifest.parse(JSON.parse(text));
      const measured = TokenizerStats.nullable().catch(null).parse(stats);
      return { tokenizerId: id, status: "completed", stats: measured, message: null, createdAt: mtimeMs };
    } catch {
      return null;
    }
  }
}

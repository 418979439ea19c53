import type { ArchiveEntry } from "./archive-entry.js";
import { damagedTar, TarPass, type TarFile } from "./tar-pass.js";

/**
 * The files of a tar archive, in its order; of several with one name the last, as unpacking would leave it. The archive
 * is read to its end for them.
 *
 * @throws CorpusError CORPUS_UNREADABLE for what is no sound archive
 */
export async function tarEntries(archive: TarFile): Promise<ArchiveEntry[]> {
  const files = new Map<string, ArchiveEntry>();
  const reader = new TarReader(archive);
  using pass = await TarPass.open(archive);
  for (let header = await pass.next(); header !== null; header = await pass.next()) {
    const { name, size: bytes, type } = header;
    if (type !== "file" && type !== "contiguous-file") continue;
    const { place } = pass;
    files.delete(name);
    files.set(name, { name, bytes, archive, read: () => reader.read(place) });
  }
  if (!pass.isWhole) throw damagedTar(archive.path, new Error("its end is missing"));
  return [...files.values()];
}

/** How long a pass that nobody reads from stays open. */
const IDLE_MS = 5000;

/** Reads members of an archive; those that are asked for in their order, in one pass over it. */
class TarReader {
  /** A pass that nobody reads from now. */
  #idle: TarPass | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly archive: TarFile) {}

  /** The member at a place, counted from 0. */
  async *read(place: number): AsyncGenerator<Buffer, void, undefined> {
    const pass = await this.#passBefore(place);
    try {
      while (pass.place < place) await pass.next();
      yield* pass.content();
    } finally {
      this.#keep(pass);
    }
  }

  async #passBefore(place: number): Promise<TarPass> {
    const idle = this.#take();
    if (idle !== null && (idle.place < place || (idle.place === place && idle.isAtStart))) return idle;
    idle?.[Symbol.dispose]();
    return await TarPass.open(this.archive);
  }

  #take(): TarPass | null {
    clearTimeout(this.#timer);
    const idle = this.#idle;
    this.#idle = null;
    return idle;
  }

  #keep(pass: TarPass): void {
    this.#take()?.[Symbol.dispose]();
    this.#idle = pass;
    this.#timer = setTimeout(() => this.#take()?.[Symbol.dispose](), IDLE_MS).unref();
  }
}

import { createHash } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { folderBeside, syncFolder, writeSynced } from "@trainer/disk";
import { transferFailure, type DataBank, type TransferProgress } from "../home/data-bank.js";
import type { Home } from "../home/home.js";
import { waitForLock } from "../home/wait-for-lock.js";
import { cachedPath, cacheLock, forgetDeadUses, markCachedInUse } from "./corpus-cache.js";
import { leftOutOf, openCorpus } from "./corpus.js";
import type { FetchedCorpus } from "./fetch-corpus.js";
import type { CorpusFormat } from "@trainer/options";
import { joinedText } from "./joined-text.js";
import type { TextLosses } from "./left-out.js";
import type { LeftOut } from "../home/text-losses.js";

export interface AddContext {
  readonly home: Home;
  readonly dataBank: DataBank;
  /** Format of the files; default "auto", by their names. */
  readonly format?: CorpusFormat | undefined;
  /** The field of records that has the text; default: found, file by file. */
  readonly textField?: string | null | undefined;
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A corpus in the cache and in the file service. */
export interface AddedCorpus extends FetchedCorpus {
  /** The parts of the given text that were not sent. */
  readonly leftOut: LeftOut;
}

/**
 * Sends text to a file service as one file, by whose id runs can be trained on it, and puts it into the home's cache. One
 * plain file goes as it is; several, records and zipped ones are joined (see `joinedText`).
 *
 * Errors: those of `openCorpus`; EXTERNAL_SERVICE_ERROR (TRANSIENT where it may pass); what the disk says; the signal's reason.
 */
export async function addCorpus(
  paths: string | readonly string[],
  { home, dataBank, format, textField, onProgress, signal }: AddContext,
): Promise<AddedCorpus> {
  const corpus = await openCorpus(paths, { document: "file", format, textField, home, signal });
  const losses: TextLosses = { replaced: [], separators: {} };
  const dir = home.corpusCache;
  const folder = await folderBeside(dir);
  try {
    const made = join(folder, "text");
    const fileId = await write(made, joinedText(corpus.files, losses, signal));
    await corpus.assertUnchanged();
    const path = cachedPath(dir, fileId);
    using _lock = await waitForLock(cacheLock(dir, fileId), signal);
    await forgetDeadUses(dir, fileId);
    const use = markCachedInUse(dir, fileId);
    try {
      await rename(made, path);
      await syncFolder(dir);
      const options = { signal, onProgress };
      const { size: bytes } = await dataBank.upload(path, "text/plain; charset=utf-8", options);
      const left = leftOutOf(corpus, losses);
      return { fileId, path, bytes, leftOut: left, [Symbol.dispose]: () => use[Symbol.dispose]() };
    } catch (error) {
      use[Symbol.dispose]();
      throw error;
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw transferFailure(error, "EXTERNAL_SERVICE_ERROR", "the corpus cannot be sent");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @returns the hash of what it has written */
async function write(path: string, content: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash("sha256");
  async function* hashed() {
    for await (const chunk of content) {
      hash.update(chunk);
      yield chunk;
    }
  }
  await writeSynced(path, (file) => writeFile(file, hashed()));
  return hash.digest("hex");
}

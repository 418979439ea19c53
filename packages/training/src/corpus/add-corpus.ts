import { createHash } from "node:crypto";
import { open, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { transferFailure, type DataBank, type TransferProgress } from "../artifact/data-bank.js";
import { folderBeside, syncFolder } from "../bins/place-folder.js";
import type { Home } from "../home/home.js";
import { waitForLock } from "../run/wait-for-lock.js";
import { cachedPath, cacheLock, useCached } from "./corpus-cache.js";
import { openCorpus } from "./corpus.js";
import type { FetchedCorpus } from "./fetch-corpus.js";
import { joinedText } from "./joined-text.js";

export interface AddContext {
  readonly home: Home;
  readonly dataBank: DataBank;
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends text to a file service as one file, by whose id runs can be trained on it, and puts it into the home's cache. One
 * plain file goes as it is; several, records and zipped ones are joined (see `joinedText`).
 *
 * Errors: those of `openCorpus`; EXTERNAL_SERVICE_ERROR (TRANSIENT where it may pass); what the disk says; the signal's reason.
 */
export async function addCorpus(
  paths: string | readonly string[],
  { home, dataBank, onProgress, signal }: AddContext,
): Promise<FetchedCorpus> {
  const corpus = await openCorpus(paths, { document: "file" });
  const dir = home.corpusCache;
  const folder = await folderBeside(dir);
  try {
    const made = join(folder, "text");
    const fileId = await write(made, joinedText(corpus.files, signal));
    await corpus.assertUnchanged();
    const path = cachedPath(dir, fileId);
    using _lock = await waitForLock(cacheLock(dir, fileId), signal);
    const use = useCached(dir, fileId);
    try {
      await rename(made, path);
      await syncFolder(dir);
      const options = { signal, onProgress };
      const { size: bytes } = await dataBank.upload(path, "text/plain; charset=utf-8", options);
      return { fileId, path, bytes, [Symbol.dispose]: () => use[Symbol.dispose]() };
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
  await using file = await open(path, "wx");
  await writeFile(file, hashed());
  await file.sync();
  return hash.digest("hex");
}

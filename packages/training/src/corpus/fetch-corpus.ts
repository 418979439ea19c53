import { stat, utimes } from "node:fs/promises";
import { makeFolder } from "@trainer/disk";
import { isNotFound, transferFailure, type FetchContext } from "../home/data-bank.js";
import { TrainingError } from "../errors.js";
import type { Home } from "../home/home.js";
import { waitForLock } from "../home/wait-for-lock.js";
import { cachedPath, cacheLock, fileIdOf, forgetDeadUses, isIntact, markCachedInUse } from "./corpus-cache.js";

/** A corpus in the cache, which no cleanup takes away until it is disposed of. */
export interface FetchedCorpus extends Disposable {
  readonly fileId: string;
  readonly path: string;
  readonly bytes: number;
}

/**
 * The text of an id in a file service: from the home's cache, or fetched into it. Its hash is verified each time, so a
 * damaged one is fetched again. Of concurrent processes one fetches and the others wait; a partial download is resumed.
 *
 * Errors: CORPUS_NOT_FOUND (no such file, no id, no file service); EXTERNAL_SERVICE_ERROR (TRANSIENT where a retry may
 * help); errors of the disk; the signal's reason when it is aborted.
 */
export async function fetchCorpus(
  fileId: string,
  { home, dataBank, onFetch, signal }: FetchContext & { readonly home: Home },
): Promise<FetchedCorpus> {
  const id = fileIdOf(fileId);
  if (id === null) throw absent(`"${fileId}" is no id of a file: expected 64 hexadecimal digits`);
  const dir = home.corpusCache;
  const path = cachedPath(dir, id);
  try {
    await makeFolder(dir);
    using _lock = await waitForLock(cacheLock(dir, id), signal);
    if (!(await isIntact(path, id, signal))) {
      if (dataBank === undefined) {
        throw absent(
          `corpus ${id} is not in ${dir}, and no file service is named to fetch it from (APP__DATA_BANK_API_URL)`,
        );
      }
      const onProgress = (progress: { readonly bytes: number; readonly totalBytes: number }) =>
        onFetch?.({ what: "corpus", id, ...progress });
      await dataBank.download(id, path, { onProgress, signal });
    }
    await forgetDeadUses(dir, id);
    const use = markCachedInUse(dir, id);
    const { size: bytes, mtime } = await stat(path);
    await utimes(path, new Date(), mtime); // what is read is read now, also where the disk keeps no times of that
    return { fileId: id, path, bytes, [Symbol.dispose]: () => use[Symbol.dispose]() };
  } catch (error) {
    signal?.throwIfAborted();
    if (isNotFound(error)) throw absent(`the file service has no corpus ${id}`, error);
    throw transferFailure(error, "EXTERNAL_SERVICE_ERROR", `corpus ${id} cannot be fetched`);
  }
}

const absent = (message: string, cause?: unknown) => new TrainingError("CORPUS_NOT_FOUND", message, { cause });

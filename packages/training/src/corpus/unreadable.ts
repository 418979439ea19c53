import { CorpusError } from "./corpus-error.js";

/** Throws an error of the file system about `path` as a CorpusError. */
export function refuse(path: string, error: unknown): never {
  throw unreadable(path, error);
}

/** An error of the file system about `path`, as a CorpusError. */
export function unreadable(path: string, error: unknown): CorpusError {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  if (code === "ENOENT") {
    return new CorpusError("CORPUS_NOT_FOUND", `there is no file or folder ${path}`, { cause: error });
  }
  const reason = code === "EACCES" ? "permission denied: make it readable for this user" : code;
  return new CorpusError("CORPUS_UNREADABLE", `cannot read ${path}: ${reason}`, { cause: error });
}

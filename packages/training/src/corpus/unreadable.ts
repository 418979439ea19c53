import { CorpusError } from "./corpus-error.js";

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied: make it readable for this user",
  ELOOP: "it is a link that leads round in a circle",
  ENAMETOOLONG:
    "its path is longer than the system takes: move it nearer to the root, or give a folder that leads less deep",
};
/** Characters of a path that are shown. */
const SHOWN = 500;

const shown = (path: string) => (path.length <= SHOWN ? path : `${path.slice(0, SHOWN)}…`);

/** Throws an error of the file system about `path` as a CorpusError. */
export function refuse(path: string, error: unknown): never {
  throw unreadable(path, error);
}

/** The error of a file, or a part of one, that cannot be decoded; `what`: "no sound parquet". */
export function unsound(where: string, what: string, cause: unknown): CorpusError {
  // What a decoder stumbles over in JavaScript's own words tells nothing of the file.
  const isStumble = cause instanceof TypeError || cause instanceof RangeError;
  const reason = isStumble ? "its parts do not fit together" : String(cause).replace(/^\w*Error: /, "");
  const message = `${where} is ${what} (${reason}): is it cut short? Copy or download it again`;
  return new CorpusError("CORPUS_UNREADABLE", message, { cause });
}

/** An error of the file system about `path`, as a CorpusError. */
export function unreadable(path: string, error: unknown): CorpusError {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  if (code === "ENOENT") {
    return new CorpusError("CORPUS_NOT_FOUND", `there is no file or folder ${path}`, { cause: error });
  }
  return new CorpusError("CORPUS_UNREADABLE", `cannot read ${shown(path)}: ${REASONS[code] ?? code}`, { cause: error });
}

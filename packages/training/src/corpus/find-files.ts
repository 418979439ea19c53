import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { CorpusError } from "./corpus-error.js";

/** One file of a corpus. `bytes` and `modifiedMs` are those at opening: a file that changes later is refused. */
export interface CorpusFile {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly format: "text" | "jsonl";
  readonly gzip: boolean;
}

/**
 * The files named by `paths`, in the order given; a folder stands for the text files below it, sorted by the bytes of
 * their paths. In a folder, files that are not `.txt`, `.text`, `.jsonl` or the gzip of one are skipped and counted, and
 * links to folders are not followed (they may run in circles). A file named itself is text whatever its extension.
 */
export async function findFiles(paths: readonly string[]): Promise<{ files: CorpusFile[]; skipped: number }> {
  if (paths.length === 0) throw new CorpusError("INVALID_INPUT", "no corpus given: name a file or a folder of text");
  const files: CorpusFile[] = [];
  let skipped = 0;
  for (const path of paths) {
    const info = await orRefuse(path, stat(path));
    if (info.isFile()) files.push(describe(path, info.size, info.mtimeMs));
    else if (!info.isDirectory()) {
      throw new CorpusError(
        "CORPUS_UNREADABLE",
        `${path} is neither a file nor a folder: a corpus is read more than once`,
      );
    } else {
      const found = await filesBelow(path);
      const texts = found.filter((file) => TEXT_NAME.test(file));
      if (texts.length === 0) {
        const others = found.length === 0 ? "it is empty" : `its ${found.length} files are of other kinds`;
        throw new CorpusError(
          "CORPUS_EMPTY",
          `no text in the folder ${path}: ${others}; expected .txt, .text, .jsonl or one of these with .gz`,
        );
      }
      skipped += found.length - texts.length;
      for (const file of texts) {
        const info = await orRefuse(file, stat(file));
        files.push(describe(file, info.size, info.mtimeMs));
      }
    }
  }
  return { files, skipped };
}

const TEXT_NAME = /\.(?:txt|text|jsonl)(?:\.gz)?$/i;

function describe(path: string, bytes: number, modifiedMs: number): CorpusFile {
  const gzip = /\.gz$/i.test(path);
  return { path, bytes, modifiedMs, format: /\.jsonl(?:\.gz)?$/i.test(path) ? "jsonl" : "text", gzip };
}

async function filesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  const folders = [folder];
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    for (const entry of await orRefuse(at, readdir(at, { withFileTypes: true }))) {
      const path = join(at, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(path)))) found.push(path);
    }
  }
  return found.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

const isFile = async (path: string) =>
  stat(path).then(
    (info) => info.isFile(),
    () => false, // a link that leads nowhere is no text
  );

const orRefuse = <T>(path: string, result: Promise<T>) => result.catch((error: unknown) => refuse(path, error));

/** Throws what the file system says about `path` as a CorpusError. */
export function refuse(path: string, error: unknown): never {
  throw unreadable(path, error);
}

/** What the file system says about `path`, as a CorpusError. */
export function unreadable(path: string, error: unknown): CorpusError {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  if (code === "ENOENT") {
    return new CorpusError("CORPUS_NOT_FOUND", `there is no file or folder ${path}`, { cause: error });
  }
  const reason = code === "EACCES" ? "permission denied: make it readable for this user" : code;
  return new CorpusError("CORPUS_UNREADABLE", `cannot read ${path}: ${reason}`, { cause: error });
}

import { lstatSync, readdirSync, statSync, type Stats } from "node:fs";
import { join, resolve } from "node:path";
import { isAbsent } from "@trainer/disk";
import type { CorpusFormat } from "@trainer/options";
import type { Home } from "../home/home.js";
import type { TextRoot } from "../home/text-root.js";
import type { ArchiveEntry } from "./archive/archive-entry.js";
import { filesInArchive, opensArchives } from "./archive/files-in-archive.js";
import { breathe } from "./breathe.js";
import { CorpusError } from "./corpus-error.js";
import {
  archiveOf,
  compressionOf,
  formatOf,
  kindOf,
  namedFormat,
  READ_FILES,
  refuseMarked,
  type Compression,
  type FileFormat,
} from "./file-kinds.js";
import type { SkippedFile } from "./left-out.js";
import { byKind } from "./left-out.js";
import { SourceRules } from "./source-rules.js";
import { refuse } from "./unreadable.js";

/** One file of a corpus. `bytes` and `modifiedMs` are those at opening: a file that changes later is refused. */
export interface CorpusFile {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly format: FileFormat;
  readonly compression: Compression | null;
  /** The field that has the text; null of plain text, and of records of which there are none. */
  readonly field: string | null;
  /** Where it lies in an archive; `bytes` are then those of the unpacked file. Undefined for a file of the disk. */
  readonly entry?: ArchiveEntry | undefined;
}

/** A file that may turn out not to be text when its start is inspected, unless it was `named` itself. */
export interface FoundFile extends CorpusFile {
  readonly named: boolean;
}

export interface Found {
  readonly files: readonly FoundFile[];
  readonly skipped: readonly SkippedFile[];
}

export interface HowToFind {
  readonly format: CorpusFormat;
  /** Skipped where a folder holds it: what runs write is no text to train on. */
  readonly home: Home | undefined;
}

/**
 * The files named by `paths`, in the order given; a folder stands for the texts below it, sorted by the bytes of their
 * paths, an archive for those in it, in its order. In both, hidden entries are skipped, and so are files whose names are
 * not those of text (all of them are taken where `format` is given; of "source" what Git ignores, node_modules and
 * lockfiles are not) and links to folders (they may run in circles), below a `TextRoot` also links that lead out of it;
 * all of that is reported. A file named itself is text whatever its extension, but for one whose markup
 * would be learned.
 */
export async function findFiles(paths: readonly string[], { format, home }: HowToFind): Promise<Found> {
  if (paths.length === 0) throw new CorpusError("INVALID_INPUT", "no corpus given: name a file or a folder of text");
  const files: FoundFile[] = [];
  const skipped: SkippedFile[] = [];
  for (const path of paths) {
    const info = statOf(path);
    if (info.isFile() && !isArchive(path, format)) files.push(namedFile(path, info, format));
    else if (info.isFile() || info.isDirectory()) {
      const found = info.isFile()
        ? await filesInArchive(archiveFile(path, info), format)
        : await filesBelow(path, { format, home });
      if (found.files.length === 0) throw noText(path, found.skipped, format);
      files.push(...found.files);
      skipped.push(...found.skipped);
    } else {
      throw new CorpusError(
        "CORPUS_UNREADABLE",
        `${path} is neither a file nor a folder: a corpus is read more than once`,
      );
    }
  }
  return { files, skipped };
}

const isArchive = (path: string, format: CorpusFormat): boolean => opensArchives(format) && archiveOf(path) !== null;

const archiveFile = (path: string, { size, mtimeMs }: Stats) => ({ path, bytes: size, modifiedMs: mtimeMs });

/** The error for a folder or an archive without a file to read. */
export function noText(folder: string, skipped: readonly SkippedFile[], format: CorpusFormat): CorpusError {
  const count = skipped.length;
  const others =
    count === 0 ? "it is empty" : `its ${count === 1 ? "one entry is" : `${count} entries are`} ${byKind(skipped)}`;
  const advice = count === 0 ? "" : "; --as text reads all that is not hidden as plain text";
  const expected = format === "source" ? "files of text that Git does not ignore" : READ_FILES;
  const what = archiveOf(folder) === null ? "the folder" : "the archive";
  return new CorpusError("CORPUS_EMPTY", `no text in ${what} ${folder}: ${others}; expected ${expected}${advice}`);
}

function namedFile(path: string, info: Stats, format: CorpusFormat): FoundFile {
  if (format === "auto") refuseMarked(path);
  return describe(path, info, format === "auto" ? namedFormat(path) : format, true);
}

const describe = (path: string, { size, mtimeMs }: Stats, format: FileFormat, named: boolean): FoundFile => ({
  path,
  bytes: size,
  modifiedMs: mtimeMs,
  format,
  compression: format === "source" ? null : compressionOf(path),
  field: null,
  named,
});

async function filesBelow(
  folder: string,
  { format, home }: HowToFind,
): Promise<{ files: FoundFile[]; skipped: SkippedFile[] }> {
  const own = new Set(home && [home.models, home.tokenizers, home.archived, home.cache, home.corpusCache]);
  const root = home?.texts?.holds(folder) === true ? home.texts : null;
  const sources = format === "source" ? await SourceRules.open(folder) : null;
  const files: FoundFile[] = [];
  const skipped: SkippedFile[] = [];
  const folders = [folder];
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    await sources?.enter(at);
    for (const entry of entriesOf(at)) {
      await breathe();
      const path = join(at, entry.name);
      const whyNot = own.has(resolve(path)) ? "folder of runs" : whyNotByName(path, entry.name);
      const kind = whyNot ?? sources?.whyNot(path, entry.isDirectory()) ?? null;
      if (kind !== null) skipped.push({ path, kind });
      else if (entry.isDirectory()) folders.push(path);
      else {
        const file = fileAt(path, entry.isSymbolicLink(), format, root);
        if ("kind" in file) skipped.push(file);
        else if (!isArchive(path, format)) files.push(file);
        else {
          const within = await filesInArchive(file, format);
          files.push(...within.files);
          skipped.push(...within.skipped);
        }
      }
    }
  }
  return { files: sorted(files), skipped: sorted(skipped) };
}

/** A name in another encoding comes with characters replaced, under which nothing can be opened. */
function whyNotByName(path: string, name: string): string | null {
  if (name.startsWith(".")) return "hidden";
  const isLost = name.includes("\ufffd") && lstatSync(path, { throwIfNoEntry: false }) === undefined;
  return isLost ? "name that is not UTF-8" : null;
}

/** A file to read, or what is skipped in its place. */
function fileAt(path: string, isLink: boolean, format: CorpusFormat, root: TextRoot | null): FoundFile | SkippedFile {
  if (isLink && leadsNowhere(path)) return { path, kind: "link that leads nowhere" };
  const info = statOf(path);
  if (isLink && root !== null && !root.holds(path)) return { path, kind: "link that leads outside" };
  if (info.isDirectory()) return { path, kind: "link to a folder" };
  if (!info.isFile()) return { path, kind: "no file" };
  if (format !== "auto") return describe(path, info, format, false);
  const own = archiveOf(path) === null ? formatOf(path) : "text";
  return own === "unknown" || own === "marked" ? { path, kind: kindOf(path) } : describe(path, info, own, false);
}

/** True of a link to what is not there, also of one that leads round in a circle. */
function leadsNowhere(path: string): boolean {
  try {
    statSync(path);
    return false;
  } catch (error) {
    return isAbsent(error);
  }
}

/** By the bytes of their paths; those in an archive stay in its order. */
const sorted = <T extends Pick<CorpusFile, "path" | "entry">>(found: readonly T[]): T[] =>
  found
    .map((each) => ({ each, key: Buffer.from(each.entry?.archive.path ?? each.path) }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
    .map(({ each }) => each);

/** Entries of a folder. Throws errors of the file system as a CorpusError. */
export function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    return refuse(folder, error);
  }
}

export function statOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    return refuse(path, error);
  }
}

import type { CorpusFormat } from "@trainer/options";
import { archiveOf, compressionOf, formatOf, kindOf, type FileFormat } from "../file-kinds.js";
import type { Found, FoundFile } from "../find-files.js";
import type { SkippedFile } from "../left-out.js";
import type { ArchiveEntry, ArchiveFile } from "./archive-entry.js";
import { tarEntries } from "./tar-entries.js";
import { zipEntries } from "./zip-entries.js";

/** Formats that are read at any of their places, which an archive gives one after another. */
const ELSEWHERE: ReadonlySet<string> = new Set(["parquet", "epub"]);

/** True if archives are looked into where files are read in this format. */
export const opensArchives = (format: CorpusFormat): boolean => format !== "source" && !ELSEWHERE.has(format);

/** The texts in an archive, in its order, as those below a folder. Folders and links in it are none. */
export async function filesInArchive(archive: ArchiveFile, format: CorpusFormat): Promise<Found> {
  const { path } = archive;
  const entries =
    archiveOf(path) === "zip"
      ? await zipEntries(archive)
      : await tarEntries({ ...archive, compression: compressionOf(path) });
  const files: FoundFile[] = [];
  const skipped: SkippedFile[] = [];
  for (const entry of entries) {
    const found = fileOf(entry, format);
    if ("kind" in found) skipped.push(found);
    else files.push(found);
  }
  return { files, skipped };
}

function fileOf(entry: ArchiveEntry, asked: CorpusFormat): FoundFile | SkippedFile {
  const { archive, bytes } = entry;
  const parts = entry.name.split("/").filter((part) => part !== "" && part !== ".");
  const path = [archive.path, ...parts].join("/");
  if (parts.some((part) => part.startsWith(".") || part === "__MACOSX")) return { path, kind: "hidden" };
  const file = (format: FileFormat): FoundFile => ({
    path,
    bytes,
    modifiedMs: archive.modifiedMs,
    format,
    compression: null,
    field: null,
    named: false,
    entry,
  });
  if (asked !== "auto") return file(asked);
  const format = formatOf(path);
  if (archiveOf(path) !== null || compressionOf(path) !== null || ELSEWHERE.has(format))
    return { path, kind: `${kindOf(path)} in an archive` };
  return format === "unknown" || format === "marked" ? { path, kind: kindOf(path) } : file(format);
}

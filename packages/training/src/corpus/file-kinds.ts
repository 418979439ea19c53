import { CorpusError } from "./corpus-error.js";
import type { Unpacker } from "./unpacked-by.js";

/** Format of one file; "json": an array of texts; "source": plain text that is one document. Chats are told from plain text and JSON by what is in them. */
export type FileFormat =
  | "text"
  | "jsonl"
  | "json"
  | "csv"
  | "tsv"
  | "parquet"
  | "srt"
  | "vtt"
  | "ipynb"
  | "html"
  | "epub"
  | "mbox"
  | "whatsapp"
  | "telegram"
  | "discord"
  | "source";
/** Formats that hold their texts packed, or in encodings of their own. */
type ContainerFormat = "parquet" | "epub" | "mbox";
/** Formats that are UTF-8 text from the beginning to the end. */
export type StreamedFormat = Exclude<FileFormat, ContainerFormat>;

const CONTAINERS: Readonly<Record<ContainerFormat, true>> = { parquet: true, epub: true, mbox: true };

export const isStreamed = (format: FileFormat): format is StreamedFormat => !(format in CONTAINERS);

const COMPRESSED = /\.(?:gz|zst|bz2|xz)$/i;
const FORMATS: ReadonlyMap<string, FileFormat> = new Map([
  [".txt", "text"],
  [".text", "text"],
  [".md", "text"],
  [".markdown", "text"],
  [".rst", "text"],
  [".jsonl", "jsonl"],
  [".ndjson", "jsonl"],
  [".json", "json"],
  [".csv", "csv"],
  [".tsv", "tsv"],
  [".parquet", "parquet"],
  [".srt", "srt"],
  [".vtt", "vtt"],
  [".ipynb", "ipynb"],
  [".html", "html"],
  [".htm", "html"],
  [".xhtml", "html"],
  [".epub", "epub"],
  [".mbox", "mbox"],
]);
/** Text with markup that would be learned too, with the tools that remove it. */
const MARKED: ReadonlyMap<string, string> = new Map([[".xml", "take its tags out first"]]);

/** The names of texts, for messages and help. */
export const READ_NAMES = `${[...FORMATS.keys()].join(", ")}, each but .parquet and .epub also with .gz, .zst, .bz2 or .xz`;

/** The names that are read in a folder. */
export const READ_FILES = `${READ_NAMES}; .zip and .tar of these, .tar also with one of those or as .tgz`;

/** The kind of an archive by its name; null for what is none. */
export function archiveOf(path: string): "zip" | "tar" | null {
  if (/\.zip$/i.test(path)) return "zip";
  return /\.(?:tar|tar\.(?:gz|zst|bz2|xz)|tgz)$/i.test(path) ? "tar" : null;
}

/** The format by a file's name, "unknown" for other names. */
export function formatOf(path: string): FileFormat | "marked" | "unknown" {
  const extension = extensionOf(path);
  return FORMATS.get(extension) ?? (MARKED.has(extension) ? "marked" : "unknown");
}

/** The format of a file that is read whatever its name: plain text where that says nothing. */
export function namedFormat(path: string): FileFormat {
  const own = formatOf(path);
  return own === "unknown" || own === "marked" ? "text" : own;
}

/** Refuses a file that was named itself and whose marks would be learned. */
export function refuseMarked(path: string): void {
  const extension = extensionOf(path);
  const advice = MARKED.get(extension);
  if (advice === undefined) return;
  const what = `${path} is ${extension.slice(1)}, whose marks would be learned as text`;
  throw new CorpusError("INVALID_INPUT", `${what}: ${advice}, or read it as it is with --as text`);
}

/** Compression of a whole file, by the end of its name. */
export type Compression = "gzip" | "zstd" | Unpacker;

export function compressionOf(path: string): Compression | null {
  if (/\.(?:gz|tgz)$/i.test(path)) return "gzip";
  if (/\.bz2$/i.test(path)) return "bzip2";
  if (/\.xz$/i.test(path)) return "xz";
  return /\.zst$/i.test(path) ? "zstd" : null;
}

/** ".csv.gz" of a.csv.gz; "without an extension". */
export function kindOf(path: string): string {
  const extension = extensionOf(path);
  const ending = COMPRESSED.exec(path)?.[0].toLowerCase() ?? "";
  return extension + ending === "" ? "without an extension" : extension + ending;
}

/** Extension in small letters, with its dot, of the unzipped file; "" for none. */
function extensionOf(path: string): string {
  const name = path.replace(/^.*[/\\]/s, "").replace(COMPRESSED, "");
  return /.(\.[^.\s]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
}

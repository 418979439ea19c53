import type { CorpusFile } from "./find-files.js";
import { JsonArray } from "./json-array.js";
import { JsonLines } from "./json-lines.js";
import type { RecordReader } from "./records.js";

/** The reader of a file's records; null for plain text, which has none. */
export function recordReader({ path, format }: Pick<CorpusFile, "path" | "format">): RecordReader | null {
  switch (format) {
    case "jsonl":
      return new JsonLines(path);
    case "json":
      return new JsonArray(path);
    case "text":
      return null;
  }
}

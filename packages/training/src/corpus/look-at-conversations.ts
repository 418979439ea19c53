import type { ConversationChoice } from "@trainer/options";
import { CorpusError } from "./corpus-error.js";
import { textsOf } from "./file-texts.js";
import type { CorpusFile, FoundFile } from "./find-files.js";
import type { Start } from "./look-at-stream.js";
import { readText } from "./read-file.js";

const SMALL = 64 << 10; // bytes of a file that is read whole, so that what is wrong in it is found before anything is begun

/**
 * Looks at a file's first conversation, at all of a small file's. Refuses what has no conversations of this shape; null
 * for it unless it was named.
 */
export async function lookAtConversations(
  { named, ...found }: FoundFile,
  choice: ConversationChoice,
): Promise<Start | null> {
  try {
    const file = { ...found, field: null, format: await recordFormat(found) };
    let hasText = false;
    for await (const { texts } of (await textsOf(file, choice)).read()) {
      for (const _ of texts) {
        hasText = true;
        if (file.bytes > SMALL) return { file, hasText };
      }
    }
    return { file, hasText };
  } catch (error) {
    if (!named && error instanceof CorpusError && error.code === "INVALID_INPUT") return null;
    throw error;
  }
}

async function recordFormat(file: CorpusFile): Promise<"jsonl" | "json" | "csv" | "tsv" | "parquet"> {
  const { path, format } = file;
  if (format === "json") return (await isArray(file)) ? "json" : "jsonl";
  if (format === "jsonl" || format === "csv" || format === "tsv" || format === "parquet") return format;
  const kinds = "JSON lines, a JSON array, a table (csv, tsv) or parquet";
  const what = `${path} is read as ${format}: conversations are records of ${kinds}`;
  throw new CorpusError("INVALID_INPUT", `${what}; --as jsonl reads it as JSON lines, --format text as a text`);
}

async function isArray(file: CorpusFile): Promise<boolean> {
  for await (const chunk of readText(file)) {
    const start = chunk.toString().trimStart();
    if (start !== "") return start.startsWith("[");
  }
  return false;
}

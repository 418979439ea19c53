import type { ConversationChoice } from "@trainer/options";
import { CsvTexts } from "./csv-texts.js";
import type { CorpusFile } from "./find-files.js";
import type { StreamedFormat } from "./file-kinds.js";
import { JsonArray } from "./json-array.js";
import { JsonLines } from "./json-lines.js";
import type { RecordReader } from "./records.js";

interface RecordFile extends Pick<CorpusFile, "path" | "field"> {
  readonly format: StreamedFormat;
}

/** The reader of a file's records, as conversations where their shape is given; null for what has none. */
export async function recordReader(
  { path, format, field }: RecordFile,
  conversations: ConversationChoice | null = null,
): Promise<RecordReader | null> {
  switch (format) {
    case "jsonl":
      return new JsonLines(path, field, undefined, conversations);
    case "json":
      return new JsonArray(path, field, undefined, conversations);
    case "csv":
    case "tsv":
      return new CsvTexts(path, format, field, undefined, conversations);
    case "whatsapp":
    case "telegram":
    case "discord": {
      const { chatReader } = await import("./chat/chat-reader.js"); // here, or every command would load its parser
      return chatReader(path, format);
    }
    case "text":
    case "source":
    case "srt":
    case "vtt":
    case "ipynb":
    case "html":
      return null;
  }
}

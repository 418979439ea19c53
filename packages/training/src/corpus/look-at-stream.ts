import type { ConversationChoice } from "@trainer/options";
import { chatFormat, isChat, type ChatFormat } from "./chat/chat-format.js";
import { CorpusError } from "./corpus-error.js";
import type { StreamedFormat } from "./file-kinds.js";
import type { CorpusFile, FoundFile } from "./find-files.js";
import { NoTextField } from "./no-text-field.js";
import { readBytes, readText } from "./read-file.js";
import { recordReader } from "./record-reader.js";
import { recordText } from "./record-text.js";
import type { TextExtractor } from "./records.js";
import { knownField } from "./text-field.js";
import { textExtractor } from "./text-extractor.js";
import { TextReader } from "./text-reader.js";
import { isBlank } from "./whitespace.js";

const BLOCK = 64 << 10;

/** Result of inspecting a file's start: its format, and whether it has, or may have further on, more than blanks. */
export interface Start {
  readonly file: CorpusFile;
  readonly hasText: boolean;
}

interface Streamed {
  readonly format: StreamedFormat;
}

export interface HowToLook {
  /** The field with the text; null: it is looked for. */
  readonly textField?: string | null | undefined;
  /** False where the format was asked for: else a chat is told by what the file has in it. */
  readonly byContent?: boolean;
  /** Shape of the records that are to be conversations; null: they are texts. */
  readonly conversations?: ConversationChoice | null;
}

/**
 * Looks at a stream's first 64 KiB, and at its first record, however long that is, for the field with the text unless
 * that is given. Refuses what is not text; null for JSON and tables that hold no texts and for what is none among
 * sources, unless they were named.
 */
export async function lookAtStream(
  found: FoundFile & Streamed,
  { textField = null, byContent = true }: HowToLook,
): Promise<Start | null> {
  const { named, ...file } = found;
  const start = await startOf(file).catch((error: unknown) => {
    if (file.format === "source" && !named && error instanceof CorpusError && error.code === "INVALID_INPUT")
      return null;
    throw error;
  });
  if (start === null) return null;
  const chat = isChat(file.format) ? file.format : byContent ? chatFormat(file.format, start.text) : null;
  if (chat !== null) return await lookAtChat({ ...file, format: chat }, start);
  const extractor = await textExtractor(file);
  if (extractor !== null) return { file, hasText: !start.ended || hasTextIn(extractor, start.text) };
  const hasText = !start.ended || !isBlank(start.text);
  const isSure = (field: string | null) =>
    named || textField !== null || field === null || knownField([field]) !== null;
  if (file.format !== "json") {
    const field = await fieldOf({ ...file, field: textField }, start).catch((error: unknown) => {
      if (!named && textField === null && error instanceof NoTextField) return undefined;
      throw error;
    });
    if (field === undefined || (isTable(file) && !isSure(field))) return null;
    return { file: { ...file, field }, hasText };
  }
  const json = jsonFormat(start, textField);
  if ("format" in json) {
    const field = await fieldOf({ ...file, format: json.format, field: textField }, start);
    return isSure(field) ? { file: { ...file, format: json.format, field }, hasText } : null;
  }
  if (!named) return null;
  throw new CorpusError(
    "INVALID_INPUT",
    `${file.path} is JSON without texts where they are looked for (${json.wrong}): expected ["…", …], ` +
      '[{"text": "…"}, …] or a line {"text": "…"} for each. Write it so first (`jq -c \'.items[]\' FILE > NEW.jsonl`, ' +
      "with the names it has), or read it as it is with --as text",
  );
}

async function lookAtChat(
  file: CorpusFile & { readonly format: ChatFormat },
  { text, ended }: StartText,
): Promise<Start> {
  const { chatReader } = await import("./chat/chat-reader.js"); // here, or every command would load its parser
  return { file, hasText: !ended || hasTextIn(chatReader(file.path, file.format), text) };
}

const isTable = ({ format }: Streamed) => format === "csv" || format === "tsv";

/** Reads the whole of a small file, so that what is wrong in it is told before anything is begun. */
const hasTextIn = (extractor: TextExtractor, whole: Buffer): boolean =>
  [...extractor.push(whole), ...extractor.end()].some((text) => !isBlank(text));

interface StartText {
  readonly text: Buffer;
  /** True if that is all of it. */
  readonly ended: boolean;
}

async function startOf(file: CorpusFile): Promise<StartText> {
  const reader = new TextReader(file.path);
  const parts: Buffer[] = [];
  for await (const chunk of readBytes(file)) {
    parts.push(reader.push(chunk));
    if (reader.bytes <= BLOCK) continue;
    reader.assertUtf8();
    return { text: Buffer.concat(parts), ended: false };
  }
  parts.push(reader.end());
  return { text: Buffer.concat(parts), ended: true };
}

/** An array whose first element may be a text, or lines of which the first is a record; or what is wrong with it. */
function jsonFormat(
  { text, ended }: StartText,
  field: string | null,
): { readonly format: "json" | "jsonl" } | { readonly wrong: string } {
  const start = text.toString().trimStart();
  if (/^\[\s*["{\]]/.test(start)) return { format: "json" };
  if (start === "") return { format: "jsonl" };
  const lineBreak = start.indexOf("\n");
  // A first line that goes on further is looked at when it is read.
  if (!ended && lineBreak < 0) return start.startsWith("{") ? { format: "jsonl" } : { wrong: "it is no object" };
  const line = lineBreak < 0 ? start : start.slice(0, lineBreak);
  const record = recordText(line, { plain: false, field });
  return "wrong" in record ? record : { format: "jsonl" };
}

/** The field of a file's first record, which is read for it; null where there is none. */
async function fieldOf(file: CorpusFile & Streamed, { text, ended }: StartText): Promise<string | null> {
  const records = await recordReader(file);
  if (records === null) return null;
  for await (const chunk of ended ? [text] : readText(file)) {
    for (const _ of records.push(chunk)) return records.field;
  }
  for (const _ of records.end()) return records.field;
  return null;
}

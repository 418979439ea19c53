import { CorpusError } from "./corpus-error.js";
import type { CorpusFile, FoundFile } from "./find-files.js";
import { readBytes } from "./read-file.js";
import { recordText } from "./record-text.js";
import { TextReader } from "./text-reader.js";
import { skipSpace } from "./whitespace.js";

const BLOCK = 64 << 10;

/** Result of inspecting a file's start: its format, and whether it has, or may have further on, more than blanks. */
export interface Start {
  readonly file: CorpusFile;
  readonly hasText: boolean;
}

/** Looks at a file's first 64 KiB and refuses what is not text; null for JSON that holds no texts, unless it was named. */
export async function lookAtStart({ named, ...file }: FoundFile): Promise<Start | null> {
  const { text, ended } = await startOf(file);
  const hasText = !ended || skipSpace(text, 0, text.length) < text.length;
  if (file.format !== "json") return { file, hasText };
  const format = jsonFormat(text, ended);
  if (format !== null) return { file: { ...file, format }, hasText };
  if (!named) return null;
  throw new CorpusError(
    "INVALID_INPUT",
    `${file.path} is JSON without texts where they are looked for: expected ["…", …], [{"text": "…"}, …] or a line ` +
      '{"text": "…"} for each. Name them so first (`jq -c \'.items[] | {text: .content}\' FILE > NEW.jsonl`, with the ' +
      "names it has), or read it as it is with --as text",
  );
}

async function startOf(file: CorpusFile): Promise<{ readonly text: Buffer; readonly ended: boolean }> {
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

/** An array whose first element may be a text, or lines of which the first is a record. */
function jsonFormat(text: Buffer, ended: boolean): "json" | "jsonl" | null {
  const start = text.toString().trimStart();
  if (/^\[\s*["{\]]/.test(start)) return "json";
  if (start === "") return "jsonl";
  const lineBreak = start.indexOf("\n");
  // A first line that goes on further is looked at when it is read.
  if (!ended && lineBreak < 0) return start.startsWith("{") ? "jsonl" : null;
  const line = lineBreak < 0 ? start : start.slice(0, lineBreak);
  return "wrong" in recordText(line, { plain: false }) ? null : "jsonl";
}

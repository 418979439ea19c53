import { compressionOf, formatOf, isStreamed, namedFormat, READ_NAMES } from "./file-kinds.js";
import { CorpusError } from "./corpus-error.js";
import { openEpub } from "./epub-file.js";
import { statOf } from "./find-files.js";
import { openParquet } from "./parquet-file.js";
import { lookAtStart } from "./look-at-start.js";
import { TextReader } from "./text-reader.js";

/**
 * Refuses a file that no folder of text would be read with: by its name.
 * @throws CorpusError INVALID_INPUT
 */
export function assertTextName(name: string): void {
  const format = formatOf(name);
  if (format !== "marked" && format !== "unknown") return;
  throw new CorpusError("INVALID_INPUT", `${JSON.stringify(name)} has no ending of a text: expected ${READ_NAMES}`);
}

/**
 * Refuses the first bytes of a file, not zipped, where they show that it is no text.
 * @throws CorpusError INVALID_INPUT
 */
export function assertTextStart(name: string, start: Uint8Array): void {
  if (compressionOf(name) !== null || !isStreamed(namedFormat(name))) return;
  const reader = new TextReader(name);
  reader.push(start);
  reader.assertUtf8();
}

/**
 * Refuses a whole file that is no text, unsound or empty; `name` is what it is to be called.
 * @throws CorpusError INVALID_INPUT, CORPUS_EMPTY, CORPUS_UNREADABLE
 */
export async function assertTextFile(path: string, name: string): Promise<void> {
  const { size: bytes, mtimeMs: modifiedMs } = statOf(path);
  const own = namedFormat(name);
  if (own === "parquet") {
    await using _sound = await openParquet(path);
    return;
  }
  if (own === "epub") {
    await using _sound = await openEpub(path);
    return;
  }
  // Which field of it has the text is for those to say who read it.
  const format = own === "json" || own === "mbox" ? own : "text";
  const start = await lookAtStart({
    path,
    bytes,
    modifiedMs,
    format,
    compression: compressionOf(name),
    field: null,
    named: true,
  });
  if (start?.hasText !== true)
    throw new CorpusError("CORPUS_EMPTY", `there is no text in ${name}: expected at least one word`);
}

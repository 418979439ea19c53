import { CorpusError } from "./corpus-error.js";
import { openEpub } from "./epub-file.js";
import { isStreamed } from "./file-kinds.js";
import type { FoundFile } from "./find-files.js";
import { lookAtStream, type HowToLook, type Start } from "./look-at-stream.js";
import { lookAtConversations } from "./look-at-conversations.js";
import { MboxTexts } from "./mbox-texts.js";
import { NoTextField } from "./no-text-field.js";
import { openParquet, textColumn } from "./parquet-file.js";
import { knownField } from "./text-field.js";
import { isBlank } from "./whitespace.js";

/** Looks at a file's start, as `lookAtStream` does, or at what a container says of itself. */
export async function lookAtStart(found: FoundFile, how: HowToLook = {}): Promise<Start | null> {
  const { conversations = null } = how;
  if (conversations !== null) return await lookAtConversations(found, conversations);
  const { format } = found;
  if (isStreamed(format)) return await lookAtStream({ ...found, format }, how);
  switch (format) {
    case "parquet":
      return await lookAtParquet(found, how.textField ?? null);
    case "epub":
      return await lookAtEpub(found);
    case "mbox":
      return await lookAtMbox(found);
  }
}

async function lookAtParquet({ named, ...file }: FoundFile, textField: string | null): Promise<Start | null> {
  if (file.compression !== null)
    throw new CorpusError("INVALID_INPUT", `${file.path}: parquet is compressed within: unpack it (\`gunzip\`)`);
  await using opened = await openParquet(file.path);
  const isSure = named || textField !== null;
  try {
    const field = textColumn(file.path, opened, textField);
    if (!isSure && knownField([field]) === null) return null;
    return { file: { ...file, field }, hasText: opened.metadata.num_rows > 0n };
  } catch (error) {
    if (!isSure && error instanceof NoTextField) return null;
    throw error;
  }
}

async function lookAtEpub({ named: _named, ...file }: FoundFile): Promise<Start> {
  if (file.compression !== null)
    throw new CorpusError("INVALID_INPUT", `${file.path}: an e-book is compressed within: unpack it (\`gunzip\`)`);
  await using opened = await openEpub(file.path);
  return { file, hasText: opened.chapters.length > 0 };
}

/** Reads mails up to the first with a text. */
async function lookAtMbox({ named: _named, ...file }: FoundFile): Promise<Start> {
  for await (const { texts } of new MboxTexts(file).read()) {
    if ([...texts].some((text) => !isBlank(text))) return { file, hasText: true };
  }
  return { file, hasText: false };
}

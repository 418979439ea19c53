import { CorpusError } from "./corpus-error.js";
import type { CorpusFile } from "./find-files.js";
import { readBytes } from "./read-file.js";
import { Utf8Repair } from "./utf8-repair.js";
import { skipSpace } from "./whitespace.js";

const BLOCK = 64 << 10;
const MAX_REPLACED = 0.1; // Latin-1 prose stays below: readable, with a warning; other encodings and data do not

/**
 * Looks at a file's first 64 KiB and refuses what is not text. Returns whether there is, or may be
 * further on, anything but whitespace.
 */
export async function checkText(file: CorpusFile): Promise<boolean> {
  const block = await firstBlock(file);
  const utf16 = (block[0] === 0xff && block[1] === 0xfe) || (block[0] === 0xfe && block[1] === 0xff);
  if (utf16) {
    throw new CorpusError(
      "INVALID_INPUT",
      `${file.path} looks like UTF-16: convert it to UTF-8 (iconv -f UTF-16 -t UTF-8)`,
    );
  }
  const nul = block.indexOf(0);
  if (nul >= 0) {
    throw new CorpusError(
      "INVALID_INPUT",
      `${file.path} is not text: there is a NUL byte at offset ${nul}; expected UTF-8 text`,
    );
  }
  const repair = new Utf8Repair();
  const text = repair.push(block);
  if (repair.replaced > block.length * MAX_REPLACED) {
    throw new CorpusError(
      "INVALID_INPUT",
      `${file.path} is not UTF-8 text: ${repair.replaced} characters of its first ${block.length} bytes are not UTF-8, ` +
        `the first at offset ${text.indexOf("\uFFFD")}; convert it to UTF-8`,
    );
  }
  return block.length === BLOCK || skipSpace(text, 0, text.length) < text.length;
}

async function firstBlock(file: CorpusFile): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of readBytes(file)) {
    parts.push(chunk);
    bytes += chunk.length;
    if (bytes >= BLOCK) break;
  }
  return Buffer.concat(parts).subarray(0, BLOCK);
}

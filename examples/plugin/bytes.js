/** @import { BatchOptions, Documents, Tokenizer } from "@trainer/tokenizers" */
import { join } from "node:path";
import { makeFolder, writeText } from "@trainer/disk";

const EOS = 256;
const PAD = 257;
const SPECIAL = ["[EOS]", "[PAD]"];

/** Well-formed UTF-8: what is none is read as U+FFFD. @param {Uint8Array} bytes */
const wellFormed = (bytes) => Buffer.from(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));

/**
 * Each byte of a text is a token (Xue et al. 2022, "ByT5"): nothing is unknown, and there is nothing to learn.
 *
 * @implements {Tokenizer}
 */
export class ByteTokenizer {
  kind = "bytes";
  vocabSize = 258;
  specials = { pad: PAD, unk: null, bos: null, eos: EOS };
  frame = { before: [], after: [] };

  /** @param {string} text */
  encode(text) {
    return Int32Array.from(Buffer.from(text));
  }

  /** @param {Uint8Array} bytes */
  encodeBytes(bytes) {
    return Int32Array.from(wellFormed(bytes));
  }

  /** A token of part of a character covers the character. @param {string} text */
  encodeWithOffsets(text) {
    let at = 0;
    const offsets = Array.from(text, (char) => {
      const range = [at, (at += char.length)];
      return Array.from(Buffer.from(char), () => range);
    });
    return { ids: this.encode(text), offsets: Uint32Array.from(offsets.flat(2)) };
  }

  /**
   * @param {Documents} documents
   * @param {BatchOptions} options
   */
  async encodeBatch({ bytes, ends }, { dtype, eos }) {
    let from = 0;
    const texts = Array.from(ends, (end) => {
      const ids = this.encodeBytes(bytes.subarray(from, (from = end)));
      return eos === null ? [...ids] : [...ids, eos];
    });
    const ids = texts.flat();
    return {
      ids: dtype === "uint16" ? Uint16Array.from(ids) : Uint32Array.from(ids),
      counts: Uint32Array.from(texts, ({ length }) => length),
      specialTokens: 0,
    };
  }

  /**
   * @param {Iterable<number>} ids
   * @param {{ readonly skipSpecial?: boolean }} [options]
   */
  decode(ids, { skipSpecial = true } = {}) {
    const shown = [...ids].filter((id) => !(skipSpecial && this.isSpecial(id)));
    return Buffer.concat(shown.map((id) => this.tokenBytes(id))).toString();
  }

  /** @param {number} id */
  tokenBytes(id) {
    return this.isSpecial(id) ? Buffer.from(this.token(id)) : Uint8Array.of(id);
  }

  /** @param {number} id */
  token(id) {
    return SPECIAL[id - EOS] ?? `<0x${id.toString(16).toUpperCase().padStart(2, "0")}>`;
  }

  /** @param {number} id */
  isSpecial(id) {
    return id >= EOS;
  }

  /** @param {string} folder */
  async save(folder) {
    await makeFolder(folder);
    await writeText(join(folder, "tokenizer.json"), `${JSON.stringify({ kind: this.kind })}\n`);
  }
}

import { specialIds } from "./added-tokens.js";
import { native } from "./addon.js";
import { byteOf } from "./decoder-steps.js";
import { NativeTokenizer } from "./native-tokenizer.js";
import type { PieceDefinition } from "./piece-definition.js";
import { type Files, saveFiles } from "./save-files.js";

const utf8 = new TextEncoder();

/** Text before a token in the middle of a text; no decoder changes it. */
const BEFORE = "x";

/**
 * Pieces of text: BPE over characters, or the unigram model, as SentencePiece's models are converted to Hugging Face's
 * format, and as existing Python clients write their own.
 */
export class PieceTokenizer extends NativeTokenizer {
  readonly kind: "bpe" | "unigram";

  /** `json`: the file that `save` is to write; `beside`: what it writes with it. */
  constructor(
    readonly definition: PieceDefinition,
    readonly json: string,
    readonly beside: Files,
  ) {
    const { tokens, decoded, added, specials, decode, encoder, frame } = definition;
    const byBytes = decode(["<0x41>"]).join("").trim() === "A";
    super({
      tokens,
      specials,
      frame,
      special: specialIds(added),
      bytes: (id) => {
        const token = decoded[id];
        if (token === undefined) return new Uint8Array();
        const byte = byBytes ? byteOf(token) : null;
        if (byte !== null) return Uint8Array.of(byte);
        return utf8.encode(decode([BEFORE, token]).join("").slice(BEFORE.length));
      },
      encoder: new (native().PieceEncoder)(encoder),
      save: (folder) => saveFiles(folder, json, beside),
    });
    this.kind = definition.kind;
  }

  override decode(ids: Iterable<number>, { skipSpecial = true }: { readonly skipSpecial?: boolean } = {}): string {
    const { decoded, decode } = this.definition;
    const kept: string[] = [];
    for (const id of ids) {
      const token = decoded[this.check(id)];
      if (token !== undefined && !(skipSpecial && this.isSpecial(id))) kept.push(token);
    }
    return decode(kept).join("");
  }
}

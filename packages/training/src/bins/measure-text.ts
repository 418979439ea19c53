import { characters } from "../corpus/characters.js";
import { documentsOf } from "../corpus/document-batch.js";
import type { BinTokenizer, EncodedDocuments } from "./bin-tokenizer.js";
import { LostText, type Loss } from "./lost-text.js";

/** Properties of a text beside its tokens, for figures per byte and per character. */
export interface Measured {
  /** Code points. */
  readonly characters: number;
  readonly loss: Loss;
}

/** Measures texts as they are encoded, by decoding them again. */
export class TextMeasure {
  #characters = 0;
  #unknown = 0;
  readonly #lost = new LostText();

  constructor(private readonly tokenizer: BinTokenizer) {}

  /** Takes note of documents and their ids; `ended`: the last of each is its end. */
  add(
    documents: { readonly bytes: Uint8Array; readonly ends: Uint32Array },
    { ids, counts }: EncodedDocuments,
    ended: boolean,
  ): void {
    const { unk } = this.tokenizer.specials;
    let at = 0;
    for (const [i, text] of [...documentsOf(documents)].entries()) {
      const count = Number(counts[i]);
      const own = ids.subarray(at, at + count - (ended ? 1 : 0));
      const known = own.filter((id) => id !== unk);
      this.#unknown += own.length - known.length;
      this.#characters += characters(text);
      this.#lost.add(text, this.tokenizer.decode(known, { skipSpecial: false }));
      at += count;
    }
  }

  measured(): Measured {
    return { characters: this.#characters, loss: this.#lost.loss(this.#unknown) };
  }
}

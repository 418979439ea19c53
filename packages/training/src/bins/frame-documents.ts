import type { Frame } from "@trainer/tokenizers";
import type { DocumentBatch } from "../corpus/document-batch.js";

type Ids = Uint16Array | Uint32Array;

/** The ids of a batch of documents, and how many of them are each document's. */
interface BatchIds {
  readonly ids: Ids;
  readonly counts: Uint32Array;
}

/**
 * The ids of documents with a frame around each: nothing before a piece that continues a document, nothing after one
 * that is not its document's last. `first`: true if the first document gets its begin where the others have none.
 */
function frameDocuments(
  { ids, counts }: BatchIds,
  { before, after }: Frame,
  { continued, open }: Pick<DocumentBatch, "continued" | "open">,
  first: boolean,
): Ids {
  const last = counts.length - 1;
  const begin = (document: number) => (document === 0 ? !continued : !first);
  const end = (document: number) => !(document === last && open);
  const most = ids.length + counts.length * (before.length + after.length);
  const framed = ids instanceof Uint16Array ? new Uint16Array(most) : new Uint32Array(most);
  let from = 0;
  let to = 0;
  const put = (part: ArrayLike<number>) => {
    framed.set(part, to);
    to += part.length;
  };
  for (const [document, count] of counts.entries()) {
    if (begin(document)) put(before);
    put(ids.subarray(from, from + count));
    if (end(document)) put(after);
    from += count;
  }
  return framed.subarray(0, to);
}

/** Frames the documents of a text, batch after batch. */
export class Framing {
  readonly #frame: Frame;
  readonly #eos: number | null;
  readonly #begun = new Set<string>();

  /** @param eos what ends a document where the frame has no end of its own */
  constructor(frame: Frame, eos: number | null) {
    this.#frame = frame;
    this.#eos = frame.after.length > 0 ? null : eos;
  }

  /** The id that an encoder is to put after each document. */
  get eos(): number | null {
    return this.#eos;
  }

  /** The ids to write for a batch that was encoded with `eos`. `text`: index of the text that it continues. */
  framed({ ids, counts }: BatchIds, batch: Pick<DocumentBatch, "continued" | "open">, text: string): Ids {
    const goesOn = batch.open && this.#eos !== null; // the document has not ended, so no end-of-text id belongs here
    const own = goesOn ? ids.subarray(0, -1) : ids; // the last count is one more than there are, which cuts nothing off
    const { before, after } = this.#frame;
    if (before.length + after.length === 0) return own;
    const begun = this.#begun.has(text);
    this.#begun.add(text);
    // A begin token equal to the end token of the text before is written once between them.
    const shared = before.length === 1 && before[0] === (after.at(-1) ?? this.#eos);
    const frame = shared && begun ? { before: [], after } : this.#frame;
    return frameDocuments({ ids: own, counts }, frame, batch, shared);
  }
}

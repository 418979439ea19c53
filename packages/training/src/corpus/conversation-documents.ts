import { at } from "@trainer/disk";
import type { Turn } from "./conversation.js";
import { turnsOf } from "./conversation-text.js";
import type { Corpus } from "./corpus.js";
import { documentsOf, joined, type DocumentBatch } from "./document-batch.js";
import type { Split } from "./held-out.js";

/** Whole conversations of documents that come in batches; a document larger than a batch comes in pieces. */
export class ConversationDocuments {
  #pieces: Buffer[] = [];

  *push(batch: DocumentBatch): Generator<readonly Turn[], void, undefined> {
    const documents = [...documentsOf(batch)];
    for (const [i, piece] of documents.entries()) {
      if (batch.open && i === documents.length - 1) {
        this.#pieces.push(piece);
        return;
      }
      const whole = this.#pieces.length === 0 ? piece : Buffer.concat([...this.#pieces, piece]);
      this.#pieces = [];
      yield turnsOf(whole);
    }
  }
}

/**
 * Batches of a corpus as what a tokenizer learns from and is measured by: of conversations the texts of their turns, each as
 * `written`, by default what is said.
 */
export async function* plainTexts<B extends DocumentBatch & { readonly split?: Split }>(
  { conversations }: Pick<Corpus, "conversations">,
  batches: AsyncIterable<B>,
  written: (turn: Turn) => string = ({ content }) => content,
): AsyncGenerator<B, void, undefined> {
  const documents = new Map<Split | undefined, ConversationDocuments>();
  for await (const batch of batches) {
    if (conversations === null) {
      yield batch;
      continue;
    }
    const own = documents.get(batch.split) ?? new ConversationDocuments();
    documents.set(batch.split, own);
    const texts = [...own.push(batch)].flatMap((turns) => turns.map((turn) => Buffer.from(written(turn))));
    const said = texts.filter(({ length }) => length > 0);
    if (said.length > 0) yield { ...batch, ...joined(said), continued: false, open: false };
  }
}

/**
 * The place of the first conversation with these turns in a corpus, which is read for it: `record 3 of chats.jsonl`, blank
 * ones not counted.
 */
export async function placeOf(corpus: Corpus, turns: readonly Turn[]): Promise<string> {
  const wanted = JSON.stringify(turns);
  const ends: number[] = [];
  const documents = new ConversationDocuments();
  let seen = 0;
  let found: number | null = null;
  for await (const batch of corpus.documents({ onFileEnd: (count) => ends.push(count) })) {
    for (const each of documents.push(batch)) {
      if (JSON.stringify(each) === wanted) found ??= seen;
      seen += 1;
    }
  }
  const record = Number(found);
  const file = ends.findIndex((end) => record < end);
  return `record ${record + 1 - (ends[file - 1] ?? 0)} of ${at(corpus.files, file).path}`;
}

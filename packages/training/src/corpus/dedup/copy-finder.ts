import { createHash } from "node:crypto";
import { turnsOf } from "../conversation-text.js";
import { CorpusError } from "../corpus-error.js";
import { ExactIndex } from "./exact-index.js";
import { NearIndex, type Neighbour } from "./near-index.js";
import { Shingler } from "./shingler.js";
import { Sketch } from "./sketch.js";

/** What a document is like, of those that were kept before it. */
export interface Compared {
  /** The number of one that is equal to the last byte. */
  readonly equal: number | null;
  /** Those that are nearly equal; where one is equal, none is looked for. */
  readonly near: readonly Neighbour[];
}

const BETWEEN_TURNS = Buffer.from("\n");

/** Compares each document, which comes in pieces, with those that were kept. Of conversations what is said is compared. */
export class CopyFinder {
  #hash = createHash("sha256");
  #digest = Buffer.alloc(0); // of the document that ended last, whose sketch is held too
  #isEnded = false;
  readonly #exact = new ExactIndex();
  readonly #near: NearIndex | null;
  readonly #sketch = new Sketch();
  readonly #shingler = new Shingler(this.#sketch.add);
  readonly #conversation: Buffer[] = [];

  /** @param similarity the least that counts as near; null: only equal documents are looked for */
  constructor(
    similarity: number | null,
    private readonly areConversations: boolean,
  ) {
    this.#near = similarity === null ? null : new NearIndex(similarity);
  }

  get bytes(): number {
    return this.#exact.bytes + (this.#near?.bytes ?? 0);
  }

  push(piece: Buffer): void {
    if (this.#isEnded) this.#sketch.clear();
    this.#isEnded = false;
    this.#hash.update(piece);
    if (this.#near === null) return;
    if (this.areConversations) this.#conversation.push(piece);
    else this.#shingler.push(piece);
  }

  /** The document is whole. */
  end(): Compared {
    this.#isEnded = true;
    this.#digest = this.#hash.digest();
    this.#hash = createHash("sha256");
    this.#endWords();
    const equal = this.#exact.find(this.#digest);
    const isCompared = equal === null && this.#near !== null && !this.#sketch.isEmpty;
    return { equal, near: isCompared ? [...this.#near.neighbours(this.#sketch)] : [] };
  }

  /** Keeps the document that has ended, which is equal to none that was kept. */
  keep(document: number): void {
    this.#exact.add(this.#digest, document);
    if (!this.#sketch.isEmpty) this.#near?.add(document);
  }

  #endWords(): void {
    if (this.#conversation.length > 0) {
      for (const { content } of turnsOf(Buffer.concat(this.#conversation.splice(0)))) {
        this.#shingler.push(Buffer.from(content));
        this.#shingler.push(BETWEEN_TURNS);
      }
    }
    this.#shingler.end();
  }
}

/** @throws CorpusError INVALID_INPUT if what is remembered of so many documents is more than `most` bytes */
export function assertFits(bytes: number, documents: number, most: number): void {
  if (bytes <= most) return;
  const memory = `${Math.round(most / 2 ** 20).toLocaleString("en-US")} MiB`;
  throw new CorpusError(
    "INVALID_INPUT",
    `${documents.toLocaleString("en-US")} documents are more than ${memory} of memory hold what is compared of, half of ` +
      "what there is: cut the text into larger documents, look for equal ones alone, or take it in parts",
  );
}

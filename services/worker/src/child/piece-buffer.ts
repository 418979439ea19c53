import type { Piece } from "./messages.js";

/** Readers see no difference below; a message per token costs as much as the token of a small model. */
const FLUSH_MS = 20;

/** Sends the pieces of one answer: the first at once, later ones joined by sequence, at most every `FLUSH_MS`. */
export class PieceBuffer {
  readonly #send: (piece: Piece) => void;
  /** Unsent text, by sequence. */
  readonly #texts = new Map<number, string>();
  #timer: NodeJS.Timeout | null = null;

  constructor(send: (piece: Piece) => void) {
    this.#send = send;
  }

  push({ sequence, text }: Piece): void {
    this.#texts.set(sequence, (this.#texts.get(sequence) ?? "") + text);
    if (this.#timer === null) this.#flush();
  }

  /** Sends what is left; nothing is sent afterwards. */
  end(): void {
    this.#flush();
    clearTimeout(this.#timer ?? undefined);
  }

  #flush(): void {
    clearTimeout(this.#timer ?? undefined);
    this.#timer = this.#texts.size === 0 ? null : setTimeout(() => this.#flush(), FLUSH_MS);
    for (const [sequence, text] of this.#texts) this.#send({ sequence, text });
    this.#texts.clear();
  }
}

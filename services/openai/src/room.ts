import { OpenAiError } from "./errors.js";

/** Texts that may be written at a time; more are refused, to be asked for again. */
export class Room {
  readonly #most: number;
  #taken = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Takes room for so many; what is returned gives it back, and is called once. One alone is let in however many texts it asks for.
   * @throws OpenAiError 429
   */
  enter(count: number): () => void {
    if (this.#taken > 0 && this.#taken + count > this.#most)
      throw new OpenAiError(429, `${this.#taken} texts are being written, and ${this.#most} may be: come again`);
    this.#taken += count;
    return () => void (this.#taken -= count);
  }
}

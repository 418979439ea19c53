import { OpenAiError } from "./errors.js";

/** The most texts of one request, which are all held in memory. */
const MOST_ASKED = 16_384;

/** Texts that may be written at a time; more are refused, to be asked for again. */
export class Room {
  readonly #most: number;
  #taken = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Takes room for so many; what is returned gives it back, and is called once. One alone is let in also where it asks
   * for more than there is room for.
   * @throws OpenAiError 429; 400 for more than a request may ask for
   */
  enter(count: number): () => void {
    if (count > MOST_ASKED) {
      const message = `${count} texts are asked for, n of each prompt, and ${MOST_ASKED} may be: ask in several requests`;
      throw new OpenAiError(400, message, { param: "prompt" });
    }
    if (this.#taken > 0 && this.#taken + count > this.#most)
      throw new OpenAiError(429, `${this.#taken} texts are being written, and ${this.#most} may be: come again`);
    this.#taken += count;
    return () => void (this.#taken -= count);
  }
}

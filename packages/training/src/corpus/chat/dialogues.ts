/** Hours of silence after which a chat's next message begins another conversation. */
export const SILENCE_HOURS = 6;
const SILENCE_MS = SILENCE_HOURS * 3_600_000;
/** Characters of a conversation at most: one that is never silent goes on as another, for it is held in memory. */
const MOST_CHARACTERS = 4 << 20;

/** A message that somebody has written. */
export interface ChatMessage {
  readonly name: string;
  readonly text: string;
}

/** Joins the messages of a chat to conversations, `Name: message` for each. */
export class Dialogues {
  #held: string[] = [];
  #characters = 0;

  /** @returns the conversation that ended before this message, or null */
  add({ name, text }: ChatMessage, silentMs: number): string | null {
    const ended = silentMs >= SILENCE_MS || this.#characters > MOST_CHARACTERS ? this.take() : null;
    const line = `${name.replace(/\s+/g, " ").trim()}: ${text}`;
    this.#held.push(line);
    this.#characters += line.length;
    return ended;
  }

  /** The conversation at hand, which has ended; null where there is none. */
  take(): string | null {
    const conversation = this.#held.length === 0 ? null : this.#held.join("\n");
    this.#held = [];
    this.#characters = 0;
    return conversation;
  }
}

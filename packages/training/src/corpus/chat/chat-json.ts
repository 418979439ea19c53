import { JSONParser } from "@streamparser/json";
import { CorpusError } from "../corpus-error.js";
import { firstProblem } from "../json-problem.js";
import type { RecordReader } from "../records.js";
import { CHATS } from "./chat-schemas.js";
import { Dialogues } from "./dialogues.js";

/** Bytes from a message to the next at most: what lies there is held in memory. */
const MOST_BYTES = 64 << 20;

/** Reads chats of JSON that come in chunks: a text for each conversation. */
export class ChatJson implements RecordReader {
  readonly field = null;
  replaced = 0;
  #sinceMessage = 0;
  #message = 0;
  #lastMs = 0;
  #texts: string[] = [];
  readonly #dialogues = new Dialogues();
  readonly #parser: JSONParser;

  constructor(
    private readonly path: string,
    private readonly format: keyof typeof CHATS,
    private readonly mostBytes = MOST_BYTES,
  ) {
    this.#parser = new JSONParser({ paths: [...CHATS[format].paths], keepStack: false });
    this.#parser.onValue = ({ value, key }) => this.#take(value, key === 0);
  }

  *push(chunk: Buffer): Generator<Buffer, void, undefined> {
    this.#sinceMessage += chunk.length;
    this.#parse(() => this.#parser.write(chunk));
    if (this.#sinceMessage > this.mostBytes) {
      throw this.#wrong(`the next message does not end within ${this.mostBytes} bytes`);
    }
    yield* this.#ready();
  }

  *end(): Generator<Buffer, void, undefined> {
    if (!this.#parser.isEnded) this.#parse(() => this.#parser.end());
    if (this.#message === 0) throw this.#wrong("there are no messages where they are looked for");
    this.#endConversation();
    yield* this.#ready();
  }

  #parse(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (error instanceof CorpusError) throw error;
      throw this.#wrong("it is no sound JSON from there on: is it cut short?");
    }
  }

  #take(value: unknown, isFirst: boolean): void {
    this.#sinceMessage = 0;
    this.#message += 1;
    if (isFirst) this.#endConversation();
    const read = CHATS[this.format].message.safeParse(value);
    if (!read.success) throw this.#wrong(firstProblem(read.error));
    if (read.data === null) return;
    const { name, text, sentMs } = read.data;
    this.replaced += text.match(/\p{Cs}/gu)?.length ?? 0;
    this.#add(this.#dialogues.add({ name, text }, sentMs - this.#lastMs));
    this.#lastMs = sentMs;
  }

  #endConversation(): void {
    this.#add(this.#dialogues.take());
  }

  #add(text: string | null): void {
    if (text !== null) this.#texts.push(text);
  }

  *#ready(): Generator<Buffer, void, undefined> {
    const texts = this.#texts;
    this.#texts = [];
    for (const text of texts) yield Buffer.from(text);
  }

  #wrong(what: string): CorpusError {
    const where = this.#message === 0 ? this.path : `${this.path}, message ${this.#message}`;
    return new CorpusError("INVALID_INPUT", `${where}: ${what}; ${CHATS[this.format].expected}`);
  }
}

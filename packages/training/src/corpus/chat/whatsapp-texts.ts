import { CorpusError } from "../corpus-error.js";
import { RecordBytes, type RecordReader } from "../records.js";
import { Dialogues } from "./dialogues.js";
import { whatsAppLine, type WhatsAppLine } from "./whatsapp-line.js";
import { whatsAppMessage } from "./whatsapp-message.js";
import { WhatsAppClock } from "./whatsapp-time.js";

/** A line, and the lines of a message, at most. */
const MOST_BYTES = 1 << 20;
const EXPECTED =
  "expected a chat as WhatsApp exports it: `[24.12.23, 18:05:11] Name: text` or `12/24/23, 6:05 PM - Name: text`; " +
  "--as text reads the file as it is";

/** Reads a chat that WhatsApp has exported (.txt), which comes in chunks: a text for each conversation. */
export class WhatsAppTexts implements RecordReader {
  readonly field = null;
  readonly replaced = 0;
  #line = 1;
  #start: WhatsAppLine | null = null;
  #lines: string[] = [];
  #characters = 0;
  readonly #clock = new WhatsAppClock();
  readonly #dialogues = new Dialogues();
  readonly #held = new RecordBytes((most) => this.#wrong(`the line is longer than ${most} bytes`), MOST_BYTES);

  constructor(private readonly path: string) {}

  *push(chunk: Buffer): Generator<Buffer, void, undefined> {
    let start = 0;
    for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, start)) {
      this.#held.add(chunk.subarray(start, at));
      yield* this.#take();
      this.#line += 1;
      start = at + 1;
    }
    this.#held.add(chunk.subarray(start));
  }

  *end(): Generator<Buffer, void, undefined> {
    yield* this.#take();
    yield* this.#endMessage();
    yield* textOf(this.#dialogues.take());
  }

  *#take(): Generator<Buffer, void, undefined> {
    const line = this.#held.take().toString().replace(/\r$/, "");
    const start = whatsAppLine(line);
    if (start !== null) {
      yield* this.#endMessage();
      this.#start = start;
    } else if (this.#start === null && line.trim() !== "") throw this.#wrong("no message has begun before this line");
    this.#lines.push(start?.text ?? line);
    this.#characters += line.length;
    if (this.#characters > MOST_BYTES) throw this.#wrong(`the message is longer than ${MOST_BYTES} characters`);
  }

  *#endMessage(): Generator<Buffer, void, undefined> {
    const [start, text] = [this.#start, whatsAppMessage(this.#lines)];
    this.#lines = [];
    this.#characters = 0;
    if (start === null || start.name === null || text === "") return;
    yield* textOf(this.#dialogues.add({ name: start.name, text }, this.#clock.silence(start.time)));
  }

  #wrong(what: string): CorpusError {
    return new CorpusError("INVALID_INPUT", `${this.path}:${this.#line}: ${what}; ${EXPECTED}`);
  }
}

const textOf = (conversation: string | null): Buffer[] => (conversation === null ? [] : [Buffer.from(conversation)]);

const LF = 0x0a;

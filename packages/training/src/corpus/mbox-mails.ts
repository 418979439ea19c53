import type { CorpusError } from "./corpus-error.js";
import { RecordBytes } from "./records.js";

/** Bytes of a mail at most, with all that hangs on it: it is held in memory. */
const MOST = 64 << 20;
/** Lines of a mail at most: parsed, each takes a kilobyte, however short it is. */
const MOST_LINES = 1_000_000;
/** The line before each mail: `From jana@example.org Mon Jan  1 00:00:00 2024`. */
const ENVELOPE = /^From .*\d\d:\d\d/;
const ENVELOPE_BYTES = 256;
const QUOTED = /^>+From /;

/** Cuts a mailbox (mbox), which comes in chunks, into its mails, without the lines before them. */
export class MboxMails {
  /** Number of the mail at hand, the first is 1; 0 before it. */
  mail = 0;
  #afterBlank = true;
  #lines = 0;
  readonly #line: RecordBytes;
  readonly #held: RecordBytes;

  constructor(
    private readonly wrong: (what: string) => CorpusError,
    most = MOST,
    private readonly mostLines = MOST_LINES,
  ) {
    const tooLong = (bytes: number) => wrong(`it is longer than ${bytes} bytes: take out what hangs on it`);
    this.#line = new RecordBytes(tooLong, most);
    this.#held = new RecordBytes(tooLong, most);
  }

  *push(chunk: Buffer): Generator<Buffer, void, undefined> {
    let start = 0;
    for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, start)) {
      this.#line.add(chunk.subarray(start, at + 1));
      yield* this.#take(this.#line.take());
      start = at + 1;
    }
    this.#line.add(chunk.subarray(start));
  }

  *end(): Generator<Buffer, void, undefined> {
    const last = this.#line.take();
    if (last.length > 0) yield* this.#take(last);
    if (this.mail > 0) yield this.#held.take();
  }

  *#take(line: Buffer): Generator<Buffer, void, undefined> {
    const start = line.toString("latin1", 0, ENVELOPE_BYTES);
    if (this.#afterBlank && ENVELOPE.test(start)) {
      if (this.mail > 0) yield this.#held.take();
      this.mail += 1;
      this.#lines = 0;
    } else if (this.mail > 0) this.#held.add(QUOTED.test(start) ? line.subarray(1) : line);
    else if (start.trim() !== "") throw this.wrong("it does not begin with a mail");
    this.#lines += 1;
    if (this.#lines > this.mostLines)
      throw this.wrong(`it has more than ${this.mostLines} lines: take out what hangs on it`);
    this.#afterBlank = start === "\n" || start === "\r\n";
  }
}

import { CorpusError } from "./corpus-error.js";
import { RecordBytes, type TextExtractor } from "./records.js";

/** A line of a subtitle at most. */
const MOST_LINE = 1 << 20;
const MOMENT = String.raw`(?:\d+:)?\d\d?:\d\d(?:[.,:]\d{1,3})?`;
const TIMES = new RegExp(String.raw`^\s*${MOMENT}\s*-->\s*${MOMENT}`);
const NUMBER = /^\s*\d+\s*$/;

/** Marks within a line. In SubRip only those that players know: its text may have others of these signs. */
const MARKS = {
  srt: /<\/?(?:b|i|u|s|font|c|v)(?:[\s.][^<>]*)?>|\{\\[^{}]*\}/gi,
  vtt: /<[^<>]*>/g,
} as const;
/** Named characters of WebVTT. */
const NAMED: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&nbsp;": "\u00a0",
  "&lrm;": "\u200e",
  "&rlm;": "\u200f",
  "&amp;": "&",
};

const EXPECTED = {
  srt: "expected cues: a number, a line of times (00:00:01,000 --> 00:00:02,000), text, and a blank line",
  vtt: "expected WEBVTT as the first line of a .vtt file",
} as const;

/** The place in a file: between cues, after a cue's number, or in its text. */
type State = "between" | "number" | "text";

/**
 * Takes the text out of subtitles that come in chunks, SubRip or WebVTT: the lines of cues, without their numbers, times
 * and marks. Notes, styles and names of cues of WebVTT are left out.
 */
export class SubtitleText implements TextExtractor {
  readonly replaced = 0;
  #line = 1;
  #state: State = "between";
  #hasCue = false;
  /** A line of digits within a text: the next cue's number if times follow. */
  #digits: string | null = null;
  #afterReturn = false;
  #said: string[] = [];
  readonly #held = new RecordBytes((most) => this.#wrong(`the line is longer than ${most} bytes`), MOST_LINE);

  constructor(
    private readonly path: string,
    private readonly format: "srt" | "vtt",
  ) {}

  *push(chunk: Buffer): Generator<Buffer, void, undefined> {
    let start = 0;
    for (const [at, byte] of chunk.entries()) {
      const endsReturn = byte === LF && this.#afterReturn;
      this.#afterReturn = byte === CR;
      if (byte !== LF && byte !== CR) continue;
      if (!endsReturn) {
        this.#held.add(chunk.subarray(start, at));
        this.#take();
        this.#line += 1;
      }
      start = at + 1;
    }
    this.#held.add(chunk.subarray(start));
    yield* this.#texts();
  }

  *end(): Generator<Buffer, void, undefined> {
    this.#take();
    if (this.#state === "number") throw this.#wrong("the file ends after the number of a cue: is it cut short?");
    this.#release();
    yield* this.#texts();
  }

  #take(): void {
    const line = this.#held.take().toString();
    if (this.format === "srt") this.#takeSubRip(line);
    else this.#takeWebVtt(line);
  }

  #takeSubRip(line: string): void {
    const isNumber = NUMBER.test(line);
    if (TIMES.test(line)) {
      this.#digits = null;
      this.#state = "text";
      this.#hasCue = true;
    } else if (line.trim() === "") {
      this.#release();
      if (this.#state === "text") this.#state = "between";
    } else if (this.#state === "number") {
      throw this.#wrong("no times follow the number of a cue");
    } else if (this.#state === "text") {
      this.#release();
      if (isNumber) this.#digits = line;
      else this.#say(line);
    } else if (isNumber) {
      this.#state = "number";
    } else {
      if (!this.#hasCue)
        throw this.#wrong("before the first cue there is a line that is neither its number nor its times");
      this.#state = "text"; // of a cue with a blank line in its text
      this.#say(line);
    }
  }

  #takeWebVtt(line: string): void {
    const isBlank = line.trim() === "";
    if (this.#line === 1 && !/^WEBVTT(?:\s|$)/.test(line) && !isBlank)
      throw this.#wrong("the first line is another one");
    if (TIMES.test(line)) this.#state = "text";
    else if (isBlank) this.#state = "between";
    else if (this.#state === "text") this.#say(line);
  }

  #release(): void {
    if (this.#digits !== null) this.#say(this.#digits);
    this.#digits = null;
  }

  #say(line: string): void {
    const bare = line.replace(MARKS[this.format], "");
    const text = this.format === "srt" ? bare : bare.replace(/&[a-z]{2,4};/g, (name) => NAMED[name] ?? name);
    if (text.trim() !== "") this.#said.push(`${text.trim()}\n`);
  }

  *#texts(): Generator<Buffer, void, undefined> {
    if (this.#said.length > 0) yield Buffer.from(this.#said.join(""));
    this.#said = [];
  }

  #wrong(what: string): CorpusError {
    return new CorpusError("INVALID_INPUT", `${this.path}:${this.#line}: ${what}; ${EXPECTED[this.format]}`);
  }
}

const [LF, CR] = [0x0a, 0x0d] as const;

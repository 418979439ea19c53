/**
 * Looks for stop sequences in text that arrives in pieces, and holds back what may be the beginning of one, so that
 * nothing of a stop sequence is ever given out, wherever the pieces are cut.
 */
export class StopSequences {
  private held = "";
  private done = false;

  /** @param stops texts that end the output, none of them empty. */
  constructor(private readonly stops: readonly string[]) {}

  /** True once a stop sequence was met; text after it is dropped. */
  get stopped(): boolean {
    return this.done;
  }

  /** Takes the next piece and returns the text that certainly precedes any stop sequence. */
  push(piece: string): string {
    if (this.done) return "";
    const text = this.held + piece;
    const found = this.stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
    this.done = found.length > 0;
    const end = this.done ? Math.min(...found) : text.length - this.openEnd(text);
    this.held = this.done ? "" : text.slice(end);
    return text.slice(0, end);
  }

  /** The text has ended: what was held back is no stop sequence. */
  end(): string {
    const rest = this.held;
    this.held = "";
    return rest;
  }

  /** The length of the longest end of `text` that begins a stop sequence. */
  private openEnd(text: string): number {
    const lengths = this.stops.map((stop) => {
      let length = Math.min(stop.length - 1, text.length);
      while (!stop.startsWith(text.slice(text.length - length))) length -= 1;
      return length;
    });
    return Math.max(0, ...lengths);
  }
}

import type { Io } from "../process/io.js";
import type { Output } from "./output.js";
import { bar } from "./bar.js";
import { formatDuration } from "./duration.js";
import { LiveBlock } from "./live-block.js";

const REDRAW_MS = 100;
const PLAIN_STEP = 0.25;

/** Has a line say how many files of a corpus of many were looked at. */
export const lookingOn = (line: ProgressLine) => (looked: number, files: number) =>
  line.update("looking at the files", looked / files);

/** A line of progress: redrawn on a terminal, printed each quarter elsewhere. */
export class ProgressLine {
  readonly #block: LiveBlock;
  #what = "";
  #startedAt = 0;
  #drawnAt = 0;
  #nextPlain = 0;

  constructor(
    io: Io,
    private readonly out: Output,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#block = new LiveBlock(io.stderr, out.progressScreen.columns);
  }

  /** @param fraction how much of it is done, 0..1 */
  update(what: string, fraction: number): void {
    if (this.out.quiet) return;
    const now = this.now();
    if (what !== this.#what) {
      this.#what = what;
      this.#startedAt = now;
      this.#drawnAt = -Infinity;
      this.#nextPlain = 0;
    }
    if (this.out.progressScreen.live) this.#draw(fraction, now);
    else if (fraction >= this.#nextPlain) {
      this.out.note(`${what}: ${Math.floor(fraction * 100)} %`);
      this.#nextPlain = Math.floor(fraction / PLAIN_STEP + 1) * PLAIN_STEP;
    }
  }

  /** Takes the line off the screen. */
  clear(): void {
    if (this.#what !== "" && this.out.progressScreen.live) this.#block.clear();
    this.#what = "";
  }

  #draw(fraction: number, now: number): void {
    if (now - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = now;
    const elapsed = (now - this.#startedAt) / 1000;
    const left = fraction > 0 ? `  ${formatDuration((elapsed * (1 - fraction)) / fraction)} left` : "";
    const gauge = this.out.progressPaint.cyan(bar(fraction, 30, this.out.progressScreen.unicode));
    this.#block.draw([`${gauge} ${Math.floor(fraction * 100)} %  ${this.#what}${left}`]);
  }
}

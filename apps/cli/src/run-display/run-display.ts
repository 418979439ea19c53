import { freemem } from "node:os";
import type { RunEvent } from "@trainer/training";
import { LiveBlock } from "../display/live-block.js";
import { lookingOn, ProgressLine } from "../display/progress-line.js";
import type { Io } from "../process/io.js";
import type { Output } from "../display/output.js";
import { clip } from "../display/visible.js";
import { lineOf } from "./facts.js";
import { liveLines, type Losses } from "./live-lines.js";
import { estimateMemory, memoryLine, type Demand } from "./memory-estimate.js";
import { RunProgress } from "./run-progress.js";

const EVALUATING = { validation: "validating", test: "testing", evaluation: "evaluating" } as const;
const PATIENCE_MS = 2000;
const READING = { hash: "reading the text", split: "splitting the text", encode: "encoding the text" } as const;

/** Facts about a run before its first event. */
export interface Known {
  /** Inputs of a new run's memory estimate. */
  readonly demand?: Demand | undefined;
  /** Losses that a resumed run has logged so far. */
  readonly losses?: Losses | undefined;
}

/** Shows a run on stderr: in place on a terminal, else line by line. */
export class RunDisplay {
  readonly progress: RunProgress;
  readonly #block: LiveBlock;
  readonly #preparing: ProgressLine;
  #evaluatingSince = 0;

  constructor(
    io: Io,
    private readonly out: Output,
    private readonly known: Known = {},
    private readonly now: () => number = () => performance.now(),
  ) {
    this.progress = new RunProgress(known.losses);
    this.#block = new LiveBlock(io.stderr, out.progressScreen.columns);
    this.#preparing = new ProgressLine(io, out);
  }

  show(event: RunEvent): void {
    this.progress.take(event);
    if (event.type === "tokenizer" && event.phase !== "ready") {
      const what = event.phase === "count" ? "counting words" : "merging tokens";
      this.#preparing.update(what, event.progress);
    } else if (event.type === "data" && event.phase === "open") {
      lookingOn(this.#preparing)(event.looked, event.files);
    } else if (event.type === "data" && event.phase !== "ready") {
      this.#preparing.update(READING[event.phase], event.totalBytes === 0 ? 1 : event.bytes / event.totalBytes);
    } else if (event.type === "evaluating") {
      this.#evaluating(event);
    } else {
      this.#preparing.clear();
      this.#print(event);
    }
  }

  /** A line that stays. */
  note(line: string): void {
    if (this.#live()) this.#block.above(line);
    else this.out.note(line);
  }

  /** Takes what is drawn in place off the screen: what follows are lines that stay. */
  close(): void {
    this.#preparing.clear();
    if (this.#live()) this.#block.clear();
  }

  /** Progress of an evaluation that takes a while, where lines stay. */
  #evaluating({ of, done, batches }: Extract<RunEvent, { type: "evaluating" }>): void {
    if (done === 0) this.#evaluatingSince = this.now();
    if (!this.#live() && this.now() - this.#evaluatingSince < PATIENCE_MS) return;
    this.#preparing.update(EVALUATING[of], done / batches);
  }

  #print(event: RunEvent): void {
    const line = this.#lineOf(event);
    if (!this.#live()) {
      if (line !== null) this.out.note(line);
      return;
    }
    // On a terminal steps and validations are in the block, and checkpoints are routine.
    const silent =
      event.type === "step" || event.type === "checkpoint" || (event.type === "eval" && event.split !== "test");
    if (line !== null && !silent) this.#block.above(line);
    const { columns, unicode } = this.out.progressScreen;
    this.#block.draw(liveLines(this.progress, { columns: columns(), unicode, paint: this.out.progressPaint }));
  }

  #lineOf(event: RunEvent): string | null {
    const line = lineOf(event);
    const { config } = this.progress;
    if (event.type === "sample") return line && clip(line, this.out.progressScreen.columns() - 1);
    if (event.type !== "start" || this.known.demand === undefined || config === null) return line;
    const bytes = estimateMemory(this.known.demand, { ...config, parameters: event.parameters });
    return `${line}\n${memoryLine(bytes, freemem())}`;
  }

  #live(): boolean {
    return this.out.progressScreen.live && !this.out.quiet;
  }
}

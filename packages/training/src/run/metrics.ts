import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { evalLine, stepLine, type EvalMetrics, type StepMetrics } from "../home/metrics-lines.js";

/**
 * A run's `metrics.jsonl`. A resumed run cuts it back to what its checkpoint had seen, so that it reads as if the run
 * had never been interrupted.
 */
export class MetricsFile implements Disposable {
  readonly #fd: number;
  #bytes: number;

  /** Opens the file for appending after its first `bytes` bytes, or after its last whole line if it has fewer. */
  constructor(path: string, bytes: number) {
    this.#fd = openSync(path, "a+");
    this.#bytes = wholeLines(this.#fd, Math.min(bytes, fstatSync(this.#fd).size));
    ftruncateSync(this.#fd, this.#bytes);
  }

  /** Size of the file. */
  get bytes(): number {
    return this.#bytes;
  }

  write(metrics: StepMetrics | EvalMetrics): void {
    const line = "split" in metrics ? evalLine(metrics) : stepLine(metrics);
    this.#bytes += writeSync(this.#fd, `${JSON.stringify(line)}\n`);
  }

  /** Makes what was written last through a power cut. */
  sync(): void {
    fdatasyncSync(this.#fd);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

/** The length of the file's first `end` bytes without the part of a line that may be at their end. */
function wholeLines(fd: number, end: number): number {
  const byte = Buffer.alloc(1);
  for (let at = end; at > 0; at--) {
    readSync(fd, byte, 0, 1, at - 1);
    if (byte[0] === 0x0a) return at;
  }
  return 0;
}

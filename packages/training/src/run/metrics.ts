import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";

/** A line of `metrics.jsonl` for a logged step. */
export interface StepMetrics {
  readonly step: number;
  readonly epoch: number;
  readonly tokens: number;
  readonly train_loss: number;
  /** Where it is infinite the file has null. */
  readonly train_ppl: number;
  readonly lr: number;
  /** Of a step that was skipped it is infinite: the file has null. */
  readonly grad_norm: number;
  readonly tokens_per_sec: number;
  readonly step_ms: number;
  readonly eta_seconds: number;
  readonly rss_bytes: number;
  /** How many steps so far changed nothing, since their gradients overflowed in fp16; left out for none. */
  readonly skipped_steps?: number;
  /** The most that tensors took on the GPU so far; left out on a CPU. */
  readonly gpu_peak_bytes: number | undefined;
}

/** A line of `metrics.jsonl` for an evaluation. */
export interface EvalMetrics {
  readonly step: number;
  readonly epoch: number;
  readonly tokens: number;
  readonly split: "validation" | "test";
  /** After which step the weights were as they are, where that is another one. */
  readonly weights_step?: number;
  readonly loss: number;
  readonly ppl: number;
  /** Null where the text does not come back from its tokens. */
  readonly bits_per_byte: number | null;
}

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

  /** How long the file is. */
  get bytes(): number {
    return this.#bytes;
  }

  write(line: StepMetrics | EvalMetrics): void {
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

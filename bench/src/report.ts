/** One side's measurements of one piece of work. */
export interface Side {
  readonly name: string;
  /** One number a round: the median of what the round measured. */
  readonly rounds: readonly number[];
  readonly peakBytes?: number;
  /** The part of it that loaded libraries took before the work began. */
  readonly libraryBytes?: number;
  /** Evidence that both sides did the same work: a loss, a text. */
  readonly evidence?: string;
}

export interface Work {
  readonly name: string;
  /** The report's, if left out. */
  readonly unit?: string;
  /** Ours first. */
  readonly sides: readonly Side[];
}

/** Result of one benchmark. */
export interface Report {
  readonly benchmark: string;
  readonly unit: string;
  /** The better direction; ratios are ours to the peer's. */
  readonly better: "lower" | "higher";
  readonly works: readonly Work[];
}

export interface BenchmarkOptions {
  readonly rounds: number;
  readonly threads: number;
  /** Filter: only works whose name contains this, case-insensitive. */
  readonly only?: string;
  /** The text to work on, where a benchmark works on one. */
  readonly file?: string;
  /** How many of them, and how long each takes, where a benchmark simulates. */
  readonly workers?: number;
  readonly runs?: number;
  readonly seconds?: number;
  readonly rest?: number;
  /** A checkout of nanoGPT, where a benchmark runs it. */
  readonly nanogpt?: string;
  /** Python with the pinned peers. */
  readonly python: string;
  /** Called with progress, a line each. */
  readonly log: (line: string) => void;
}

export type Benchmark = (options: BenchmarkOptions) => Promise<Report>;

/** Filters entries by name. */
export const chosen =
  ({ only = "" }: BenchmarkOptions) =>
  ([name]: readonly [name: string, ...rest: unknown[]]): boolean =>
    name.toLowerCase().includes(only.toLowerCase());

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new RangeError("the median of nothing");
  return (lower + upper) / 2;
}

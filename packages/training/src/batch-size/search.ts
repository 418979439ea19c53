import { memoryStats, resetPeakMemory, setNumThreads } from "@trainer/torch";
import { setImmediate } from "node:timers/promises";
import { TrainingError } from "../errors.js";
import { largestThatFits } from "./largest-that-fits.js";
import type { SearchEvent, SearchRequest } from "./search-request.js";
import { makeTrial, type Trial } from "./trial.js";

/** Batches of up to so many sequences are tried on a CPU; what larger ones take follows from these. */
const MEASURED = 4;

/** Fraction of the best speed below which still fewer threads are not worth the time. */
const NOT_WORTH = 0.9;

/**
 * Finds the largest batch that fits, and the number of threads that is fastest with it. On a GPU a batch fits if a step
 * with it succeeds and its peak, by the allocator's own counters, is within the limit: the rest is for fragmentation in
 * a long run. On a CPU such a test would end in being killed: the peak is measured for small batches, and extrapolated,
 * being a straight line beyond them, to large ones.
 */
export async function search(
  request: SearchRequest,
  emit: (event: SearchEvent) => void,
  make: (request: SearchRequest) => Promise<Stepping> = makeTrial,
  gpuPeak: () => number | undefined = () => memoryStats().cuda?.peakAllocatedBytes,
): Promise<void> {
  const { threads, maxBatchSize } = request;
  setNumThreads(Math.max(...threads));
  const trial = await make(request);
  const fits = request.device === "cuda" ? onGpu(trial, request, emit, gpuPeak) : onCpu(trial, request, emit);
  const batchSize = await largestThatFits(maxBatchSize, async (n) => {
    if (request.device === "cuda" || n <= MEASURED) {
      emit({ type: "trying", batchSize: n, threads: Math.max(...threads) });
    }
    await setImmediate(); // lets what was emitted be sent
    return fits(n);
  });
  let fastest = { threads: Math.max(...threads), tokensPerSec: 0 };
  const fewer = threads.toSorted((a, b) => b - a); // the most first: on many cores a single one takes very long
  for (const n of batchSize === 0 || threads.length === 1 ? [] : fewer) {
    setNumThreads(n);
    emit({ type: "trying", batchSize: Math.min(batchSize, MEASURED), threads: n });
    await setImmediate();
    const tokensPerSec = rate(trial, Math.min(batchSize, MEASURED), request);
    emit({ type: "threads", threads: n, tokensPerSec });
    if (tokensPerSec > fastest.tokensPerSec) fastest = { threads: n, tokensPerSec };
    else if (tokensPerSec < NOT_WORTH * fastest.tokensPerSec) break;
  }
  emit({ type: "found", batchSize, threads: fastest.threads });
}

type Stepping = Pick<Trial, "step">;
type Fits = (batchSize: number) => boolean;

const onGpu =
  (
    trial: Stepping,
    request: SearchRequest,
    emit: (event: SearchEvent) => void,
    gpuPeak: () => number | undefined,
  ): Fits =>
  (batchSize) => {
    resetPeakMemory();
    const tokensPerSec = tried(() => speed(trial, batchSize, request));
    const peakBytes = tokensPerSec === null ? null : (gpuPeak() ?? null);
    const fits = tokensPerSec !== null && (peakBytes ?? 0) <= request.memoryBytes;
    emit({ type: "batch", batchSize, fits, peakBytes, tokensPerSec });
    return fits;
  };

function onCpu(trial: Stepping, request: SearchRequest, emit: (event: SearchEvent) => void): Fits {
  const peaks = new Map<number, number>();
  return (batchSize) => {
    const measure = peaks.size === 0 ? speed : rate; // once there are moments, one step has them all at its peak
    const tokensPerSec = batchSize > MEASURED ? null : tried(() => measure(trial, batchSize, request));
    const failed = batchSize <= MEASURED && tokensPerSec === null;
    const peakBytes = batchSize > MEASURED ? extrapolated(peaks, batchSize) : memoryStats().peakRssBytes;
    if (batchSize <= MEASURED) peaks.set(batchSize, peakBytes);
    const fits = !failed && peakBytes <= request.memoryBytes;
    emit({ type: "batch", batchSize, fits, peakBytes, tokensPerSec });
    return fits;
  };
}

/** The memory of a batch by the line through the smallest and the largest that were measured. */
export function extrapolated(peaks: ReadonlyMap<number, number>, batchSize: number): number {
  const sizes = [...peaks.keys()];
  const [from, to] = [Math.min(...sizes), Math.max(...sizes)];
  const [low = 0, high = 0] = [peaks.get(from), peaks.get(to)];
  return Math.ceil(high + ((high - low) / (to - from)) * (batchSize - to));
}

/** Tokens a second of the second step; the first one allocates, and the optimizer's moments come at its end. */
function speed(trial: Stepping, batchSize: number, request: SearchRequest): number {
  trial.step(batchSize);
  return rate(trial, batchSize, request);
}

/** Tokens a second of one step. */
const rate = (trial: Stepping, batchSize: number, { maxSeqLen }: SearchRequest): number =>
  (batchSize * maxSeqLen * 1000) / trial.step(batchSize);

/** Null where memory did not suffice. */
function tried(step: () => number): number | null {
  try {
    return step();
  } catch (error) {
    if (TrainingError.from(error).code === "TRAINING_OOM") return null;
    throw error;
  }
}

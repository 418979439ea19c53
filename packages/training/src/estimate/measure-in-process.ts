import { eventIn, inProcess } from "../batch-size/in-process.js";
import { TrainingError, type Failure } from "../errors.js";
import { MeasureEvent, type MeasureRequest, type Pace } from "./measure-request.js";

/** What was measured of a run, or why it was not. */
export interface Measured {
  readonly memoryBytes: number | string;
  readonly pace: Pace | string;
}

/** From the sources too, the process runs the built files: it measures, and loads nothing more. */
const SERVE = new URL("../../dist/estimate/serve.js", import.meta.url);

/** Beside whatever runs, trying steps is the less important. */
const NICENESS = 10;

const LATE = "late";

interface Limits {
  readonly measureMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** `measure` in a process of its own, for no longer than that. @throws TrainingError for a run that would fail likewise */
export async function measureInProcess(request: MeasureRequest, { measureMs, signal }: Limits): Promise<Measured> {
  const late = AbortSignal.timeout(measureMs);
  const known: Known = { memoryBytes: null, pace: null, failure: null };
  const onMessage = (message: unknown) => {
    const event = eventOf(message);
    if (event.type === "memory") known.memoryBytes = event.bytes;
    if (event.type === "pace") known.pace = event.pace;
    if (event.type === "failed") known.failure = event.failure;
  };
  const either = signal === undefined ? late : AbortSignal.any([signal, late]);
  const ended = await inProcess(SERVE, request, { onMessage, signal: either, niceness: NICENESS }).catch(
    (error: unknown) => {
      if (signal?.aborted !== true && late.aborted) return LATE;
      throw error;
    },
  );
  return measuredOf({ ...known, ended, measureMs });
}

interface Known {
  memoryBytes: number | null;
  pace: Pace | null;
  failure: Failure | null;
}

interface Ended extends Readonly<Known> {
  readonly ended: string;
  readonly measureMs: number;
}

/** What is known, however the process ended. */
export function measuredOf({ memoryBytes, pace, failure, ended, measureMs }: Ended): Measured {
  if (failure !== null && !OUT_OF_MEMORY.has(failure.code))
    throw new TrainingError(failure.code, failure.message, { failureClass: failure.failureClass });
  const reason = failure?.message ?? WHY.get(ended)?.(measureMs);
  if (reason === undefined) {
    if (memoryBytes !== null && pace !== null) return { memoryBytes, pace };
    throw new TrainingError("INTERNAL_ERROR", `the process that tries steps ended with ${ended}`);
  }
  return { memoryBytes: memoryBytes ?? reason, pace: pace ?? reason };
}

const WHY: ReadonlyMap<string, (measureMs: number) => string> = new Map([
  [LATE, (measureMs: number) => `a few steps of it take more than ${measureMs / 1000} seconds`],
  ["SIGKILL", () => "a step of it needs more memory than is free now"],
]);

const OUT_OF_MEMORY = new Set(["TRAINING_OOM", "CUDA_OOM"]);

/** Parses a message of the process; a malformed one is its failure. */
export const eventOf = (message: unknown): MeasureEvent =>
  eventIn(MeasureEvent, message, "the process that tries steps");

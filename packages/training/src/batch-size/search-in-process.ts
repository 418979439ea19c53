import { TrainingError, type Failure } from "../errors.js";
import { eventIn, inProcess } from "./in-process.js";
import { SearchEvent, type SearchRequest } from "./search-request.js";

type Found = Extract<SearchEvent, { type: "found" }>;

/** From the sources too, the process runs the built files: it measures, and loads nothing more. */
const SERVE = new URL("../../dist/batch-size/serve.js", import.meta.url);

/** `search` in a process of its own. */
export async function searchInProcess(
  request: SearchRequest,
  onEvent: (event: SearchEvent) => void,
  signal?: AbortSignal,
): Promise<Found> {
  let found: Found | null = null;
  let failure: Failure | null = null;
  let fitting = 0;
  const onMessage = (message: unknown, end: () => void) => {
    const event = eventOf(message);
    if (event.type === "found") found = event;
    if (event.type === "failed") {
      failure = event.failure;
      end(); // it has no more to say
    }
    if (event.type === "batch" && event.fits && event.tokensPerSec !== null) fitting = event.batchSize;
    onEvent(event);
  };
  const ended = await inProcess(SERVE, request, { onMessage, signal });
  return outcome({ found, failure, fitting, ended, request });
}

/** Parses a message of the process; a malformed one is its failure. */
export const eventOf = (message: unknown): SearchEvent => eventIn(SearchEvent, message, "the search for a batch size");

interface Ended {
  readonly found: Found | null;
  readonly failure: Failure | null;
  /** The largest batch of which a step was done. */
  readonly fitting: number;
  readonly ended: string;
  readonly request: SearchRequest;
}

/** Result of a search, however its process ended. */
export function outcome({ found, failure, fitting, ended, request }: Ended): Found {
  if (found !== null) return found;
  if (failure !== null) throw new TrainingError(failure.code, failure.message, { failureClass: failure.failureClass });
  if (ended === "SIGKILL") return { type: "found", batchSize: fitting, threads: Math.max(...request.threads) };
  throw new TrainingError("INTERNAL_ERROR", `the search for a batch size ended with ${ended}`);
}

import { AppError, type JobKind, type Jobs as JobsOf, type StreamPiece } from "@trainer/platform";
import type { Slot } from "@trainer/platform/redis";
import type { Channels, Messages } from "../live/channels.js";
import type { Jobs } from "./jobs.js";

/** An accepted request to a model or a tokenizer: its first answer, and the stream of its result. */
export interface Accepted<T> {
  /** The present answer: queued. */
  readonly accepted: T;
  /** Pieces of the answer as they come, and the answer itself; null where nobody wanted to follow. */
  readonly follow: ((signal: AbortSignal) => AsyncGenerator<Piece<T>>) | null;
}

export type Piece<T> = StreamPiece | { readonly type: "result"; readonly result: T };

/**
 * A result as it is now, with its ids, for a client that polls for it: it is abandoned no more.
 * @throws AppError DATA_NOT_FOUND
 */
export async function poll<R extends Result, Ids extends { readonly request_id: string }>(
  jobs: Jobs,
  slot: Slot<R>,
  ids: Ids,
  kind: JobKind,
): Promise<R & Ids> {
  const [, result] = await Promise.all([slot.reclaim(), current(jobs, slot, kind, ids.request_id)]);
  if (result === null) throw new AppError("DATA_NOT_FOUND", `${kind} request not found`);
  return { ...result, ...ids };
}

/** A result as it is now: also of a job that has failed without a word of it, as with a worker that does not know its kind. */
async function current<R extends Result>(jobs: Jobs, slot: Slot<R>, kind: JobKind, id: string): Promise<R | null> {
  const failure = await jobs.failure(kind, id);
  const result = await slot.get(); // after the job, whose result is written before its end
  if (result === null || DONE.has(result.status) || failure === null) return result;
  return slot.unfinished("failed", `the worker could not do it: ${failure}`);
}

interface Result {
  readonly status: string;
  readonly message?: string | null | undefined;
}

/** Silence after which the result itself is read: a piece may have been lost with its connection. */
const QUIET_MS = 1000;

const DONE: ReadonlySet<string> = new Set(["completed", "failed"]);

interface Question<R, Ids, Kind extends JobKind> {
  readonly slot: Slot<R>;
  /** By which the answer is found again; the job is named after the request. */
  readonly ids: Ids;
  readonly kind: Kind;
  readonly data: JobsOf[Kind];
}

interface Deps {
  readonly jobs: Jobs;
  readonly channels: Channels;
}

/**
 * Queues a request and returns its answer. A follower subscribes first, so that no piece is missed however quick the
 * worker is.
 */
export async function ask<R extends Result, Ids extends { readonly request_id: string }, Kind extends JobKind>(
  deps: Deps,
  question: Question<R, Ids, Kind>,
  isFollowed: boolean,
): Promise<Accepted<R & Ids>> {
  const { slot, ids } = question;
  const answer = (result: R) => ({ ...result, ...ids });
  const messages = isFollowed ? await deps.channels.open(slot.key) : null;
  const queued = await enqueue(deps, question, messages);
  const follow = messages && ((signal: AbortSignal) => pieces(deps, question, messages, answer, signal));
  return { accepted: answer(queued), follow };
}

/** Queues a request whose answer is followed to its end, and kept for nobody else. */
export async function* followed<R extends Result, Ids extends { readonly request_id: string }, Kind extends JobKind>(
  deps: Deps,
  question: Question<R, Ids, Kind>,
  signal: AbortSignal,
): AsyncGenerator<Piece<R>, void, undefined> {
  const messages = await deps.channels.open(question.slot.key);
  await enqueue(deps, question, messages);
  yield* pieces(deps, question, messages, (result) => result, signal);
}

async function enqueue<R extends Result, Ids extends { readonly request_id: string }, Kind extends JobKind>(
  { jobs }: Deps,
  { slot, ids, kind, data }: Question<R, Ids, Kind>,
  messages: Messages | null,
): Promise<R> {
  const queued = slot.unfinished("queued");
  try {
    await slot.set(queued); // before the job: a quick worker's result must not be overwritten
    await jobs.add(kind, ids.request_id, data);
    return queued;
  } catch (error) {
    messages?.[Symbol.dispose]();
    throw error;
  }
}

async function* pieces<R extends Result, Ids extends { readonly request_id: string }, Kind extends JobKind, T>(
  { jobs }: Deps,
  { slot, ids, kind }: Question<R, Ids, Kind>,
  messages: Messages,
  answer: (result: R) => T,
  signal: AbortSignal,
): AsyncGenerator<Piece<T>, void, undefined> {
  using open = messages;
  let isOver = false;
  try {
    while (!signal.aborted) {
      const piece = await open.next(QUIET_MS, signal);
      if (piece?.type === "text" || piece?.type === "progress") {
        yield piece;
        continue;
      }
      const result = await current(jobs, slot, kind, ids.request_id).catch(() => null); // Redis is unavailable: retried later
      if (result === null || !DONE.has(result.status)) continue;
      isOver = true;
      yield { type: "result", result: answer(result) };
      yield result.status === "completed"
        ? { type: "done" }
        : { type: "failed", message: result.message ?? "it failed" };
      return;
    }
  } finally {
    if (!isOver) await slot.abandon().catch(() => {}); // Redis is unavailable: it is answered for nobody
  }
}

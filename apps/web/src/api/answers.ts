import { parseJson, type JobState } from "@trainer/platform/browser";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { z } from "zod";
import { ApiError, ask, askPieces, unknownAnswer } from "./ask.js";

/** An answer of a model, or what it has come to. */
export interface ModelAnswer {
  readonly status: JobState;
  readonly message?: string | null | undefined;
}

export interface Question<S extends z.ZodType<ModelAnswer>> {
  readonly schema: S;
  /** Where it is asked. */
  readonly path: string;
  readonly body: object;
  /** Where its answer can be read. */
  readonly answerPath: (accepted: z.output<S>) => string;
}

export interface Following<R> {
  readonly signal: AbortSignal;
  readonly onAccepted: (accepted: R) => void;
  /** Called with text as it is written, by sequence, counted from 0. */
  readonly onText: (text: string, sequence: number) => void;
  /** Called where the stream broke off, and again when the service answers. */
  readonly onAway: (isAway: boolean) => void;
  /** Interval in which an answer is looked for whose stream broke off. */
  readonly pollMs?: number;
}

const Text = z.object({ text: z.string(), sequence: z.int() });

const isOver = ({ status }: ModelAnswer): boolean => status === "completed" || status === "failed";

/**
 * Asks a model, and follows its answer to the end. Where the stream breaks off after the question was accepted, the answer
 * is looked for until it is there, or the signal is aborted.
 * @throws ApiError, or the signal's AbortError
 */
export async function answerOf<S extends z.ZodType<ModelAnswer>>(
  question: Question<S>,
  following: Following<z.output<S>>,
): Promise<z.output<S>> {
  const { schema, path, body, answerPath } = question;
  const { signal, onAccepted, onText, onAway, pollMs = 1000 } = following;
  let accepted: z.output<S> | null = null;
  try {
    for await (const { event, data } of eventsOf(path, body, signal)) {
      if (event === "result") return readAs(schema, data, path);
      if (event === "accepted") {
        accepted = readAs(schema, data, path);
        onAccepted(accepted);
      } else if (event === "text") {
        const { text, sequence } = readAs(Text, data, path);
        onText(text, sequence);
      }
    }
  } catch (error) {
    if (accepted === null || signal.aborted) throw error;
  }
  if (accepted === null) throw unknownAnswer(path);
  onAway(true);
  const answer = await looked(schema, answerPath(accepted), pollMs, signal);
  onAway(false);
  return answer;
}

async function looked<S extends z.ZodType<ModelAnswer>>(
  schema: S,
  path: string,
  pollMs: number,
  signal: AbortSignal,
): Promise<z.output<S>> {
  for (;;) {
    try {
      const answer = await ask(schema, path, { signal });
      if (isOver(answer)) return answer;
    } catch (error) {
      if (!(error instanceof ApiError && error.isPassing)) throw error;
    }
    await pause(pollMs, signal);
  }
}

async function* eventsOf(path: string, body: object, signal: AbortSignal): AsyncGenerator<EventSourceMessage> {
  const ready: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => ready.push(event) });
  const headers = { accept: "text/event-stream" };
  for await (const piece of askPieces(path, { method: "POST", body, headers, signal })) {
    parser.feed(piece);
    yield* ready.splice(0);
  }
}

function readAs<S extends z.ZodType>(schema: S, data: string, path: string): z.output<S> {
  try {
    return schema.parse(parseJson(data));
  } catch {
    throw unknownAnswer(path);
  }
}

/** Resolves after some time. @throws the signal's reason as soon as it is aborted */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new DOMException("The answer is no longer waited for.", "AbortError"));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}

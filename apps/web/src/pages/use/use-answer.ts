import { useEffect, useRef, useState } from "react";
import type { z } from "zod";
import { answerOf, type ModelAnswer, type Question } from "../../api/answers.js";

export interface Answer<R> {
  readonly state: "idle" | "waiting" | "writing" | "stopped" | "done" | "failed";
  /** When it was asked, in milliseconds. */
  readonly since: number;
  /** What was written so far, by sequence. */
  readonly texts: readonly string[];
  readonly accepted: R | null;
  readonly result: R | null;
  readonly error: Error | null;
  /** True while the service that was answering is away. */
  readonly isAway: boolean;
}

const IDLE = {
  state: "idle",
  since: 0,
  texts: [],
  accepted: null,
  result: null,
  error: null,
  isAway: false,
} as const;

export type Asking<S extends z.ZodType<ModelAnswer>> = Omit<Question<S>, "body">;

/** An answer that is under way. */
export const isUnderWay = ({ state }: Answer<unknown>): boolean => state === "waiting" || state === "writing";

/**
 * Asks a model one thing at a time, and shows the answer as it is written, at most once a frame. An answer belongs to the
 * path that was asked: for another one there is none yet.
 */
export function useAnswer<S extends z.ZodType<ModelAnswer>>(asking: Asking<S>) {
  const { path } = asking;
  const [shown, setShown] = useState<{ readonly path: string; readonly answer: Answer<z.output<S>> }>({
    path,
    answer: IDLE,
  });
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), [path]);

  /** Resolves with the answer when it is over, however it ended. */
  const start = async (body: object, onAccepted?: (accepted: z.output<S>) => void): Promise<Answer<z.output<S>>> => {
    running.current?.abort();
    const own = new AbortController();
    running.current = own;
    let answer: Answer<z.output<S>> = { ...IDLE, state: "waiting", since: Date.now() };
    const show = (change: Partial<Answer<z.output<S>>>) => {
      answer = { ...answer, ...change };
      if (running.current === own) setShown({ path, answer });
    };
    show({});
    const texts: string[] = [];
    let frame = 0;
    const write = () => {
      frame = 0;
      show({ state: "writing", texts: [...texts] });
    };
    try {
      const result = await answerOf(
        { ...asking, body },
        {
          signal: own.signal,
          onAccepted(accepted) {
            show({ accepted });
            onAccepted?.(accepted);
          },
          onText(text, sequence) {
            while (texts.length <= sequence) texts.push("");
            texts[sequence] += text;
            if (frame === 0) frame = requestAnimationFrame(write);
          },
          onAway: (isAway) => show({ isAway }),
        },
      );
      show(ended(result, [...texts]));
    } catch (error) {
      show({ ...failed(error, own.signal), texts: [...texts], isAway: false });
    } finally {
      cancelAnimationFrame(frame);
    }
    return answer;
  };

  const answer: Answer<z.output<S>> = shown.path === path ? shown.answer : IDLE;
  const stop = () => running.current?.abort();
  /** Stops, and shows none. */
  const clear = () => {
    stop();
    running.current = null;
    setShown({ path, answer: IDLE });
  };
  return { answer, start, stop, clear };
}

const failed = <R>(error: unknown, { aborted }: AbortSignal): Partial<Answer<R>> =>
  aborted || !(error instanceof Error) ? { state: "stopped" } : { state: "failed", error };

const ended = <R extends ModelAnswer>(result: R, texts: readonly string[]): Partial<Answer<R>> =>
  result.status === "completed"
    ? { state: "done", result, texts }
    : { state: "failed", error: new Error(result.message ?? "It failed, and nothing says why"), texts };

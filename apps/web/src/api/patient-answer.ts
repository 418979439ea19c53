import type { z } from "zod";
import { answerOf, type ModelAnswer, type Question } from "./answers.js";

const MINUTE_MS = 60_000;
const ignore = () => undefined;

/**
 * The answer to a question that a worker answers in seconds, or so many minutes, once it is complete. Where the signal is aborted the question
 * is given up, for the service too.
 * @throws ApiError, or an error with the worker's own words, or those for a worker that is away
 */
export async function patientAnswer<S extends z.ZodType<ModelAnswer>>(
  question: Question<S>,
  signal: AbortSignal,
  minutes = 1,
): Promise<z.output<S>> {
  const late = AbortSignal.timeout(minutes * MINUTE_MS);
  const following = { onAccepted: ignore, onText: ignore, onAway: ignore, signal: AbortSignal.any([signal, late]) };
  try {
    const result = await answerOf(question, following);
    if (result.status === "completed") return result;
    throw new Error(result.message ?? "It failed, and nothing says why");
  } catch (error) {
    const within = minutes === 1 ? "a minute" : `${minutes} minutes`;
    if (late.aborted) throw new Error(`No worker has answered within ${within}. Is one running?`, { cause: error });
    throw error;
  }
}

import { OpenAiFailure } from "@trainer/platform";
import type { FastifySchema } from "fastify";
import { z } from "zod";

const failures = {
  400: OpenAiFailure.describe("What was sent cannot be answered; `param` names the field."),
  401: OpenAiFailure.describe("The API key is missing or wrong."),
  403: OpenAiFailure.describe(
    "The service is not known by the request's host; or a page of another site asks without a key.",
  ),
  404: OpenAiFailure.describe("There is no such model."),
  413: OpenAiFailure.describe("The body is too large."),
  429: OpenAiFailure.describe("Too much is asked at a time; Retry-After says when to come again."),
  500: OpenAiFailure.describe("The service failed; its log has the reason."),
  503: OpenAiFailure.describe("What is needed is away for a moment."),
} as const;

interface Described extends FastifySchema {
  readonly tags: readonly string[];
  readonly summary: string;
}

/** A route as the document of a server has it that has one. */
export function described(
  summary: string,
  answer: unknown,
  more: FastifySchema = {},
): { readonly schema: FastifySchema } {
  const schema: Described = { tags: ["OpenAI"], summary, ...more, response: { 200: answer, ...failures } };
  return { schema };
}

/** An answer, or the same as it is written where `stream` asks for that. */
export const orPieces = (answer: z.ZodType) => ({
  description: "The answer; with `stream` in pieces.",
  content: {
    "application/json": { schema: answer },
    "text/event-stream": { schema: z.string().describe("Pieces of it, and at last [DONE].") },
  },
});

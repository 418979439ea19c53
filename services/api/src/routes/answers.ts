import { z } from "zod";

/** Every error that a client gets. */
export const ErrorAnswer = z.object({ code: z.string(), message: z.string(), request_id: z.string() });

/** Error answers in the document, by status. */
const errors = {
  400: ErrorAnswer.describe("What was sent cannot be taken; the message names the field."),
  401: ErrorAnswer.describe("The API key is missing or wrong."),
  403: ErrorAnswer.describe(
    "The service is not known by the request's host; or, without an API key, a page of another site asks.",
  ),
  404: ErrorAnswer.describe("There is no such thing."),
  409: ErrorAnswer.describe("It contradicts what was asked before."),
  413: ErrorAnswer.describe("The body is too large."),
  416: ErrorAnswer.describe("The range is no part of the file."),
  422: ErrorAnswer.describe("Fields that are unknown or exclude each other, or a wrong parameter."),
  429: ErrorAnswer.describe("Too many requests; Retry-After says when to come again."),
  500: ErrorAnswer.describe("The service failed; its log has the reason under the request's id."),
  502: ErrorAnswer.describe("The file service failed."),
  507: ErrorAnswer.describe("The server's disk is full."),
  503: ErrorAnswer.describe("Redis is away or slow; Retry-After says when to come again."),
} as const;

/** Answers of every route with a key. */
export const COMMON = {
  400: errors[400],
  401: errors[401],
  403: errors[403],
  429: errors[429],
  500: errors[500],
  503: errors[503],
};

/** Further answers of routes that look something up, take a query, take a body. */
export const MISSING = { 404: errors[404] };
export const QUERY = { 422: errors[422] };
export const BODY = { 413: errors[413], 422: errors[422] };
export const CONTRADICTED = { 409: errors[409] };
export const STORAGE = { 507: errors[507] };
export const RANGE = { 416: errors[416] };
export const UPSTREAM = { 502: errors[502] };

/** An answer that is no JSON. */
export const content = (type: string, description: string) => ({
  description,
  content: { [type]: { schema: z.unknown().meta({ type: "string", description }) } },
});

/** A JSON answer, or the same as it comes about, by what the client accepts. */
export const orEvents = (schema: z.ZodType, description: string) => ({
  description,
  content: {
    "application/json": { schema },
    "text/event-stream": {
      schema: z.string().describe("Events: accepted, text, progress, result, and done or failed."),
    },
  },
});

import { at } from "@trainer/disk";
import type { OpenAiFailure } from "@trainer/platform";
import { knownError } from "@trainer/platform/http";
import { TrainingError } from "@trainer/training/files";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";

/** A refusal in the words of OpenAI's interface. */
export class OpenAiError extends Error {
  override readonly name = "OpenAiError";

  constructor(
    readonly status: number,
    message: string,
    /** The field that it is about, and a code that programs know it by. */
    readonly about: { readonly param?: string | undefined; readonly code?: string | undefined } = {},
  ) {
    super(message);
  }
}

/** Characters of an unknown name that are told again. */
const MOST_TOLD = 200;

export const unknownModel = (id: string, hint: string): OpenAiError =>
  new OpenAiError(404, `The model ${JSON.stringify(id.slice(0, MOST_TOLD))} does not exist${hint}`, {
    param: "model",
    code: "model_not_found",
  });

/** A body by its schema. */
export function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const { data, error } = schema.safeParse(body ?? {});
  if (error === undefined) return data;
  const issue = at(error.issues, 0);
  const param = issue.path.join(".");
  throw new OpenAiError(400, `${param || "the body"}: ${issue.message}`, param === "" ? {} : { param });
}

const TYPES: ReadonlyMap<number, string> = new Map([
  [401, "authentication_error"],
  [429, "rate_limit_error"],
]);

/** The answer of a request that failed. */
export function answerFailure(error: unknown, req: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = ofOpenAi(error);
  if (known.status >= 500) req.log.error({ err: error, event: "request_failed" }, known.message);
  const retry = known.status === 429 ? { "retry-after": "1" } : {};
  return reply
    .code(known.status)
    .headers({ ...retry, "content-type": "application/json; charset=utf-8" })
    .send(JSON.stringify(errorBody(known)));
}

export const errorBody = ({ status, message, about: { param, code } }: OpenAiError): OpenAiFailure => ({
  error: {
    message,
    type: status >= 500 ? "server_error" : (TYPES.get(status) ?? "invalid_request_error"),
    param: param ?? null,
    code: code ?? null,
  },
});

export function ofOpenAi(error: unknown): OpenAiError {
  if (error instanceof OpenAiError) return error;
  if (error instanceof TrainingError) {
    const status = error.failureClass === "USER_INPUT" ? 400 : 500;
    return new OpenAiError(status, error.message, { code: error.code.toLowerCase() });
  }
  const { status, message, code } = knownError(error);
  return new OpenAiError(status, message, { code: code.toLowerCase() });
}

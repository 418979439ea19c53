import { Completion, CompletionRequest, type Logprobs } from "@trainer/platform";
import type { FastifyInstance } from "fastify";
import { answer, type Form } from "../answer.js";
import { parsed } from "../errors.js";
import { listed } from "../listed.js";
import type { Room } from "../room.js";
import type { Models } from "../served-model.js";
import { described, orPieces } from "./described.js";

const FORM: Form<Logprobs> = {
  prefix: "cmpl",
  object: "text_completion",
  pieces: "text_completion",
  choice: ({ text, logprobs, finishReason }, index) => ({
    index,
    text,
    logprobs: logprobs.length > 0 ? joined(logprobs) : null,
    finish_reason: finishReason,
  }),
  begin: () => null,
  piece: ({ index, text, logprobs, finishReason }) => ({ index, text, logprobs, finish_reason: finishReason }),
};

export function completionRoutes(app: FastifyInstance, models: Models, room: Room): void {
  const about = described("Go on from prompts", orPieces(Completion), { body: CompletionRequest });
  app.post("/completions", about, async ({ body }, reply) => {
    const request = parsed(CompletionRequest, body);
    const model = await models.of(request.model);
    const count = listed(request.prompt).length * (request.n ?? 1);
    const begin = (signal: AbortSignal) => model.complete(request, signal);
    return await answer(FORM, { ...request, model, count, begin }, room, reply);
  });
}

/** Several of one text as one. */
const joined = (parts: readonly Logprobs[]): Logprobs => ({
  tokens: parts.flatMap(({ tokens }) => tokens),
  token_logprobs: parts.flatMap((part) => part.token_logprobs),
  top_logprobs: parts.flatMap((part) => part.top_logprobs),
  text_offset: parts.flatMap((part) => part.text_offset),
});

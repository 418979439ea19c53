import type { FastifyInstance } from "fastify";
import { answer, type Form } from "../answer.js";
import { completionOf } from "../completion.js";
import { parsed } from "../errors.js";
import type { Models } from "../models.js";
import { CompletionRequest } from "../requests.js";
import type { Room } from "../room.js";
import { joined, type Logprobs } from "../told-tokens.js";

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
  app.post("/completions", async ({ body }, reply) => {
    const asked = parsed(CompletionRequest, body);
    const model = models.of(asked.model);
    return await answer(FORM, completionOf(model, asked), { model, asked, room, reply });
  });
}

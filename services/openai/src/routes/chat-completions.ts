import type { FastifyInstance } from "fastify";
import { answer, type Form } from "../answer.js";
import { chatCompletionOf, type AnswerToken } from "../chat-completion.js";
import { parsed } from "../errors.js";
import type { Models } from "../models.js";
import { ChatCompletionRequest } from "../requests.js";
import type { Room } from "../room.js";

const logs = (content: readonly AnswerToken[]) => (content.length > 0 ? { content, refusal: null } : null);

const FORM: Form<readonly AnswerToken[]> = {
  prefix: "chatcmpl",
  object: "chat.completion",
  pieces: "chat.completion.chunk",
  choice: ({ text, logprobs, finishReason }, index) => ({
    index,
    message: { role: "assistant", content: text.trimEnd(), refusal: null },
    logprobs: logs(logprobs.flat()),
    finish_reason: finishReason,
  }),
  begin: (index) => ({
    index,
    delta: { role: "assistant", content: "" },
    logprobs: null,
    finish_reason: null,
  }),
  piece: ({ index, text, logprobs, finishReason }) => ({
    index,
    delta: text === "" ? {} : { content: text },
    logprobs: logs(logprobs ?? []),
    finish_reason: finishReason,
  }),
};

export function chatCompletionRoutes(app: FastifyInstance, models: Models, room: Room): void {
  app.post("/chat/completions", async ({ body }, reply) => {
    const asked = parsed(ChatCompletionRequest, body);
    const model = models.of(asked.model);
    return await answer(FORM, chatCompletionOf(model, asked), { model, asked, room, reply });
  });
}

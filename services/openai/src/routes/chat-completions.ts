import { ChatCompletion, ChatCompletionRequest, type AnswerToken } from "@trainer/platform";
import type { FastifyInstance } from "fastify";
import { answer, type Form } from "../answer.js";
import { parsed } from "../errors.js";
import type { Room } from "../room.js";
import type { Models } from "../served-model.js";
import { described, orPieces } from "./described.js";

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
  const about = described("Answer a conversation", orPieces(ChatCompletion), { body: ChatCompletionRequest });
  app.post("/chat/completions", about, async ({ body }, reply) => {
    const request = parsed(ChatCompletionRequest, body);
    const model = await models.of(request.model);
    const begin = (signal: AbortSignal) => model.chat(request, signal);
    return await answer(FORM, { ...request, model, count: request.n ?? 1, begin }, room, reply);
  });
}

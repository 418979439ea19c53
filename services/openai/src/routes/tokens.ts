import { Detokenized, DetokenizeRequest, OpenAiTokenizer, Tokenized, TokenizeRequest } from "@trainer/platform";
import type { FastifyInstance } from "fastify";
import { parsed } from "../errors.js";
import type { Models } from "../served-model.js";
import { described } from "./described.js";
import { untilGone } from "../until-gone.js";
import { z } from "zod";

const Named = z.object({ model: z.string().optional() });

/** What clients ask of a model's tokenizer, by the names that vLLM has given it. */
export function tokenRoutes(app: FastifyInstance, models: Models): void {
  app.post("/tokenize", described("A text's tokens", Tokenized, { body: TokenizeRequest }), async ({ body }, reply) => {
    const request = parsed(TokenizeRequest, body);
    return (await models.of(request.model)).tokenize(request, untilGone(reply));
  });
  app.post(
    "/detokenize",
    described("The text of tokens", Detokenized, { body: DetokenizeRequest }),
    async ({ body }, reply) => {
      const request = parsed(DetokenizeRequest, body);
      return (await models.of(request.model)).detokenize(request, untilGone(reply));
    },
  );
  app.get(
    "/tokenizer_info",
    described("A model's special tokens and chat template", OpenAiTokenizer, { querystring: Named }),
    async ({ query }, reply) => (await models.of(parsed(Named, query).model)).tokenizerInfo(untilGone(reply)),
  );
}

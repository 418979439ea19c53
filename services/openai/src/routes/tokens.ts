import { promptTokens } from "@trainer/training";
import type { FastifyInstance } from "fastify";
import { OpenAiError, parsed } from "../errors.js";
import type { Models } from "../models.js";
import { DetokenizeRequest, TokenizeRequest } from "../requests.js";

/** What clients ask of a model's tokenizer, by the names that vLLM has given it. */
export function tokenRoutes(app: FastifyInstance, models: Models): void {
  app.post("/tokenize", async ({ body }) => {
    const { model, prompt, add_special_tokens: isFramed } = parsed(TokenizeRequest, body);
    const { opened } = models.of(model);
    const tokens = isFramed === false ? [...opened.tokenizer.encode(prompt)] : promptTokens(opened, prompt);
    return { tokens, count: tokens.length, max_model_len: opened.contextLength };
  });
  app.post("/detokenize", async ({ body }) => {
    const { model, tokens } = parsed(DetokenizeRequest, body);
    const { tokenizer } = models.of(model).opened;
    const strange = tokens.find((id) => id >= tokenizer.vocabSize);
    if (strange !== undefined) throw new OpenAiError(400, `tokens: the id ${strange} is none of this model's`);
    return { prompt: tokenizer.decode(tokens, { skipSpecial: false }) };
  });
  app.get<{ Querystring: { model?: string } }>("/tokenizer_info", async ({ query }) => {
    const { tokenizer, eosId, chatTemplate } = models.of(query.model).opened;
    const spelled = (id: number | null) => (id === null ? null : tokenizer.token(id));
    const { bos, pad, unk } = tokenizer.specials;
    return {
      tokenizer_class: "PreTrainedTokenizerFast",
      eos_token: spelled(eosId),
      bos_token: spelled(bos),
      pad_token: spelled(pad),
      unk_token: spelled(unk),
      chat_template: chatTemplate,
    };
  });
}

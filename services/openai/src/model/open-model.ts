import { promptTokens, type OpenModel } from "@trainer/training";
import { OpenAiError } from "../errors.js";
import type { ServedModel } from "../served-model.js";
import { chatCompletionOf } from "./chat-completion.js";
import { completionOf } from "./completion.js";

/** A model that is open here. @param created seconds since 1970 */
export function servedHere(id: string, created: number, opened: OpenModel): ServedModel {
  const { tokenizer, contextLength, eosId, chatTemplate } = opened;
  return {
    id,
    created,
    contextLength,
    complete: async (request, signal) => completionOf(opened, request, signal),
    chat: async (request, signal) => chatCompletionOf(opened, request, signal),
    async tokenize({ prompt, add_special_tokens: isFramed }) {
      const tokens = isFramed === false ? [...tokenizer.encode(prompt)] : promptTokens(opened, prompt);
      return { tokens, count: tokens.length, max_model_len: contextLength };
    },
    async detokenize({ tokens }) {
      const strange = tokens.find((token) => token >= tokenizer.vocabSize);
      if (strange !== undefined) throw new OpenAiError(400, `tokens: the id ${strange} is none of this model's`);
      return { prompt: tokenizer.decode(tokens, { skipSpecial: false }) };
    },
    async tokenizerInfo() {
      const spelled = (token: number | null) => (token === null ? null : tokenizer.token(token));
      const { bos, pad, unk } = tokenizer.specials;
      return {
        tokenizer_class: "PreTrainedTokenizerFast",
        eos_token: spelled(eosId),
        bos_token: spelled(bos),
        pad_token: spelled(pad),
        unk_token: spelled(unk),
        chat_template: chatTemplate,
      };
    },
  };
}

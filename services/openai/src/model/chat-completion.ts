import { ChatOptions } from "@trainer/options";
import type { AnswerToken, ChatCompletionRequest } from "@trainer/platform";
import {
  chatPrompt,
  complete,
  promptIds,
  type ExpectedToken,
  type OpenModel,
  type PromptMessage,
} from "@trainer/training";
import type { Tokenizer } from "@trainer/tokenizers";
import type { Part, Writing } from "../served-model.js";
import { partOf } from "./completion.js";
import { samplingOf, steeringOf, tokensOf } from "./options.js";
import { tokenBytes, tokenText } from "./token-text.js";

/** An answer to a conversation, by the model's chat template; without one, as lines. */
export function chatCompletionOf(
  opened: OpenModel,
  request: ChatCompletionRequest,
  signal: AbortSignal,
): Writing<readonly AnswerToken[]> {
  const messages = request.messages.map(({ role, content }): PromptMessage => {
    const text = typeof content === "string" ? content : content.map((each) => each.text).join("");
    return { role: role === "developer" ? "system" : role, content: text };
  });
  const { contextLength, tokenizer } = opened;
  const asked = request.max_completion_tokens ?? request.max_tokens ?? contextLength;
  const maxNewTokens = tokensOf(asked, contextLength);
  const options = ChatOptions.parse({ maxNewTokens });
  const { prompt, stopSequences, ends, format } = chatPrompt(opened, messages, options);
  const ids = promptIds(opened, prompt, options);
  const sampling = samplingOf(request);
  const logprobs = request.logprobs === true ? (request.top_logprobs ?? 0) : null;
  const input = {
    ...sampling,
    stopSequences: [...stopSequences, ...sampling.stopSequences],
    maxNewTokens,
    steering: steeringOf(request, logprobs, tokenizer.vocabSize),
  };
  return { promptTokens: ids.length, parts: parts() };

  async function* parts(): AsyncGenerator<Part<readonly AnswerToken[]>, void, undefined> {
    // Of a conversation in lines an answer begins after a space.
    const isBegun = Array.from({ length: sampling.numReturnSequences }, () => format === "template");
    const { events } = await complete({ ...opened, ends }, [ids], input, signal);
    for await (const event of events) {
      const isEnd = event.type === "sequence" && event.finishReason === "eos"; // whose token is no part of an answer
      const part = partOf(event, (tokens) =>
        tokens.slice(0, isEnd ? -1 : undefined).map((token) => answerToken(tokenizer, token)),
      );
      const text = isBegun[part.index] === true ? part.text : part.text.trimStart();
      if (text !== "") isBegun[part.index] = true;
      yield { ...part, text };
    }
  }
}

const answerToken = (tokenizer: Tokenizer, { id, logprob, top }: ExpectedToken): AnswerToken => {
  const shown = (token: { readonly id: number; readonly logprob: number }) => ({
    token: tokenText(tokenizer, token.id),
    logprob: token.logprob,
    bytes: tokenBytes(tokenizer, token.id),
  });
  return { ...shown({ id, logprob }), top_logprobs: top.map(shown) };
};

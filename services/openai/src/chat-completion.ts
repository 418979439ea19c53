import { ChatOptions } from "@trainer/options";
import { chatPrompt, complete, promptIds, type ExpectedToken, type PromptMessage } from "@trainer/training";
import type { Tokenizer } from "@trainer/tokenizers";
import { partOf, type Writing } from "./completion.js";
import type { ServedModel } from "./models.js";
import { samplingOf, steeringOf, tokensOf, type ChatCompletionRequest } from "./requests.js";
import { tokenBytes, tokenText } from "./token-text.js";

/** What is told of a token of an answer. */
export interface AnswerToken {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: number[];
  readonly top_logprobs: Omit<AnswerToken, "top_logprobs">[];
}

/** An answer to a conversation, by the model's chat template; without one, as lines. */
export function chatCompletionOf(
  { opened }: ServedModel,
  request: ChatCompletionRequest,
): Writing<readonly AnswerToken[]> {
  const messages = request.messages.map(({ role, content }): PromptMessage => {
    const text = typeof content === "string" ? content : content.map((each) => each.text).join("");
    return { role: role === "developer" ? "system" : role, content: text };
  });
  const { contextLength } = opened;
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
    steering: steeringOf(request, logprobs),
  };
  const { tokenizer } = opened;
  const count = sampling.numReturnSequences;
  return {
    promptTokens: ids.length,
    count,
    async *parts(signal) {
      // Of a conversation in lines an answer begins after a space.
      const isBegun = Array.from({ length: count }, () => format === "template");
      const { events } = await complete({ ...opened, ends }, [ids], input, signal);
      for await (const event of events) {
        const part = partOf(event, (tokens) => tokens.map((token) => answerToken(tokenizer, token)));
        const text = isBegun[part.index] === true ? part.text : part.text.trimStart();
        if (text !== "") isBegun[part.index] = true;
        yield { ...part, text };
      }
    },
  };
}

const answerToken = (tokenizer: Tokenizer, { id, logprob, top }: ExpectedToken): AnswerToken => {
  const shown = (token: { readonly id: number; readonly logprob: number }) => ({
    token: tokenText(tokenizer, token.id),
    logprob: token.logprob,
    bytes: tokenBytes(tokenizer, token.id),
  });
  return { ...shown({ id, logprob }), top_logprobs: top.map(shown) };
};

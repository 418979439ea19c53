import { promptTokens, type OpenModel } from "@trainer/training";
import type { CompletionRequest } from "@trainer/platform";
import { OpenAiError } from "../errors.js";
import { listed } from "../listed.js";

/** The prompts of a request in ids, with their texts. */
export interface PromptIds {
  readonly ids: readonly number[];
  readonly text: string;
}

/** @throws OpenAiError for ids that the tokenizer has not, and what is longer than the context */
export function promptsOf(opened: OpenModel, prompt: CompletionRequest["prompt"]): PromptIds[] {
  const { tokenizer } = opened;
  return listed(prompt).map((given) => {
    const ids = typeof given === "string" ? promptTokens(opened, given) : given;
    const strange = ids.find((id) => id >= tokenizer.vocabSize);
    if (strange !== undefined) {
      const message = `prompt: the id ${strange} is none of this model's, which are below ${tokenizer.vocabSize}`;
      throw new OpenAiError(400, message, { param: "prompt" });
    }
    refuseLong(opened, ids.length);
    return { ids, text: typeof given === "string" ? given : tokenizer.decode(ids) };
  });
}

function refuseLong({ contextLength }: OpenModel, tokens: number): void {
  if (tokens <= contextLength) return;
  const message = `This model's maximum context length is ${contextLength} tokens, and the prompt has ${tokens}: shorten it`;
  throw new OpenAiError(400, message, { param: "prompt", code: "context_length_exceeded" });
}

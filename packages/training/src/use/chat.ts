import type { OpenModel } from "./open-model.js";
import { ChatOptions, type ChatInput } from "./chat-options.js";
import { generateStream, type FinishReason } from "./generate.js";
import { parseOptions } from "./parse-options.js";
import { promptLength } from "./window.js";

export interface ChatMessage {
  readonly role: "user" | "assistant";
  readonly content: string;
}

export interface ChatReply {
  /** What the model answered, without white space around it. */
  readonly response: string;
  /** The conversation with the message and the answer at its end. */
  readonly history: readonly ChatMessage[];
  /** How many of its oldest messages the model did not see, for they did not fit its context. */
  readonly dropped: number;
  readonly steps: number;
  readonly finishReason: FinishReason;
  /** What to give to get this again. */
  readonly seed: number | bigint;
}

export interface ChatContext {
  /** Aborted, the answer is given up: `chat` rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Hears the answer as it comes. */
  readonly onText?: (text: string) => void;
}

const NAMES = { user: "User", assistant: "Assistant" } as const;
const STOPS = ["User:", "\nUser:"];

/**
 * Answers a message of a conversation: the model goes on from the turns so far, a line each, until it would speak for
 * the user. The oldest turns are left out where all do not fit the context. Throws what `generate` throws.
 */
export async function chat(
  opened: OpenModel,
  history: readonly ChatMessage[],
  message: string,
  input: ChatInput = {},
  { signal, onText }: ChatContext = {},
): Promise<ChatReply> {
  const options = parseOptions(ChatOptions, input, "the chat");
  const asked = [...history, { role: "user", content: message } as const];
  const room = promptLength(Infinity, options.maxNewTokens, opened.contextLength);
  const dropped = firstThatFits(asked, (prompt) => opened.tokenizer.encode(prompt).length <= room);
  const prompt = promptOf(asked.slice(dropped));
  let finishReason: FinishReason = "length";
  const events = generateStream(opened, { ...options, prompt, stopSequences: STOPS }, signal);
  for (;;) {
    const { value, done } = await events.next();
    if (done === true) {
      const response = value.outputs.join("").trim();
      const answered: ChatMessage[] = [...asked, { role: "assistant", content: response }];
      return { response, history: answered, dropped, steps: value.steps, finishReason, seed: value.seed };
    }
    if (value.type === "text") onText?.(value.text);
    if (value.type === "sequence") finishReason = value.finishReason;
  }
}

/** What the model goes on from. */
export const promptOf = (messages: readonly ChatMessage[]): string =>
  [...messages.map(({ role, content }) => `${NAMES[role]}: ${content}`), "Assistant:"].join("\n");

/** How many messages to leave out at the beginning, up to a user's, so that the rest fits; the last one stays. */
function firstThatFits(messages: readonly ChatMessage[], fits: (prompt: string) => boolean): number {
  const starts = [...messages.keys()].filter((i) => i === 0 || messages[i]?.role === "user");
  return starts.find((i) => fits(promptOf(messages.slice(i)))) ?? messages.length - 1;
}

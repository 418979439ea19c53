import { at } from "@trainer/disk";
import type { OpenModel } from "./open-model.js";
import { ChatOptions, type ChatInput } from "@trainer/options";
import { frameOf, missing, spelled } from "./begin.js";
import { RenderedChat, type PromptMessage } from "../conversation/chat-template.js";
import { generateManyStream, type FinishReason, type Prompt } from "./generate.js";
import { parseOptions } from "../options/parse-options.js";
import { promptLength } from "./window.js";

export interface ChatMessage {
  readonly role: "user" | "assistant";
  readonly content: string;
}

export interface ChatReply {
  /** The model's answer, trimmed. */
  readonly response: string;
  /** The conversation with the message and the answer at its end. */
  readonly history: readonly ChatMessage[];
  /** Number of oldest messages that did not fit the model's context. */
  readonly dropped: number;
  readonly steps: number;
  readonly finishReason: FinishReason;
  /** Seed that reproduces this. */
  readonly seed: number | bigint;
  /** Format of the conversation: the folder's chat template, or lines. */
  readonly format: "template" | "lines";
  /** Reason why the folder's chat template was not used; null if it was, or there is none. */
  readonly templateProblem: string | null;
  /** The tokens put before it, as the tokenizer spells them; a template may begin with one of its own. */
  readonly begin: readonly string[];
}

export interface ChatContext {
  /** Aborted, the answer is given up: `chat` rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Called with the answer as it is generated. */
  readonly onText?: (text: string) => void;
}

const NAMES = { system: "System", user: "User", assistant: "Assistant" } as const;
/** Begin of a user's turn by the model: `User:` within a line is part of an answer. */
const STOPS = ["\nUser:"];

/** A conversation as the model reads it, and what ends its answer. */
export interface ChatPrompt extends PreparedPrompt, Pick<ChatReply, "format" | "templateProblem"> {}

interface PreparedPrompt {
  readonly prompt: Prompt;
  readonly begin: readonly string[];
  readonly dropped: number;
  readonly stopSequences: readonly string[];
  readonly ends: ReadonlySet<number>;
}

/**
 * Answers a message of a conversation. Its prompt is made by the folder's chat template; without one, as a line a turn,
 * until the model would speak for the user. The oldest turns are dropped if they do not all fit the context. Throws the
 * errors of `generate`.
 */
export async function chat(
  opened: OpenModel,
  history: readonly ChatMessage[],
  message: string,
  input: ChatInput = {},
  { signal, onText }: ChatContext = {},
): Promise<ChatReply> {
  const options = parseOptions(ChatOptions, input, "the chat");
  const messages = [...history, { role: "user", content: message } as const];
  const { format, templateProblem, ...prepared } = chatPrompt(opened, messages, options);
  const { prompt, begin, dropped, stopSequences, ends } = prepared;
  let finishReason: FinishReason = "length";
  const generation = { ...options, stopSequences: [...stopSequences] };
  const events = generateManyStream({ ...opened, ends }, [prompt], generation, signal);
  for (;;) {
    const { value, done } = await events.next();
    if (done === true) {
      const response = value.outputs.join("").trim();
      const answered: ChatMessage[] = [...messages, { role: "assistant", content: response }];
      const { steps, seed } = value;
      return {
        response,
        history: answered,
        dropped,
        steps,
        finishReason,
        seed,
        format,
        templateProblem,
        begin,
      };
    }
    if (value.type === "text") onText?.(value.text);
    if (value.type === "sequence") finishReason = value.finishReason;
  }
}

/** The prompt by the folder's template, or as lines if there is none or it cannot be rendered. */
export function chatPrompt(opened: OpenModel, messages: readonly PromptMessage[], options: ChatOptions): ChatPrompt {
  const { chatTemplate, tokenizer } = opened;
  let templateProblem: string | null = null;
  if (chatTemplate !== null) {
    try {
      const template = new RenderedChat(chatTemplate, tokenizer, options.specialTokens);
      return { ...byTemplate(opened, messages, template, options), format: "template", templateProblem };
    } catch (error) {
      templateProblem = String(error).replace(/^Error: /, "");
    }
  }
  return { ...byLines(opened, messages, options), format: "lines", templateProblem };
}

/** The prompt as transformers reads it: with the template's own begin token, and no other unless requested. */
function byTemplate(
  opened: OpenModel,
  messages: readonly PromptMessage[],
  template: RenderedChat,
  options: ChatOptions,
): PreparedPrompt {
  const { bos } = options;
  const { frame, specials } = opened.tokenizer;
  const usual = frame.before.length > 0 || specials.bos === null ? frame.before : [specials.bos];
  const before = bos === "yes" ? frameOf(opened, bos).before : usual;
  const framed = (ids: readonly number[]): number[] => {
    const { before: lacking } = missing(ids, { before, after: [] });
    if (bos === "yes") return [...lacking, ...ids];
    return bos === "no" && lacking.length === 0 ? ids.slice(before.length) : [...ids];
  };
  const room = promptLength(Infinity, options.maxNewTokens, opened.contextLength);
  const { dropped, kept } = fitting(messages, (rest) => framed(template.prompt(rest)).length <= room);
  const whole = framed(template.prompt(kept));
  const prompt = whole.slice(-room);
  const end = template.endOfAnswer();
  const ends = end === null ? opened.ends : new Set([...opened.ends, end]);
  const begins = missing(prompt, { before, after: [] }).before.length === 0;
  const begin = begins ? spelled(opened, { before, after: [] }).begin : [];
  return { prompt, begin, dropped, stopSequences: [], ends };
}

function byLines(opened: OpenModel, messages: readonly PromptMessage[], options: ChatOptions): PreparedPrompt {
  const { tokenizer, contextLength, ends } = opened;
  const { bos, specialTokens, maxNewTokens } = options;
  const { begin } = spelled(opened, frameOf(opened, bos));
  const room = promptLength(Infinity, maxNewTokens, contextLength) - begin.length;
  const isShort = (rest: readonly PromptMessage[]) =>
    tokenizer.encode(promptOf(rest), { specialTokens }).length <= room;
  const { dropped, kept } = fitting(messages, isShort);
  return { prompt: promptOf(kept), begin, dropped, stopSequences: STOPS, ends };
}

/** The prompt without a template. */
export const promptOf = (messages: readonly PromptMessage[]): string =>
  [...messages.map(({ role, content }) => `${NAMES[role]}: ${content}`), "Assistant:"].join("\n");

/**
 * The conversation without its oldest turns, up to a user's, so that it fits; what the system says and the last one stay.
 * The fewer turns stay the shorter it is: where not all fit, the first to stay is found by bisection.
 */
function fitting(messages: readonly PromptMessage[], fits: (rest: readonly PromptMessage[]) => boolean): Fitting {
  const first = Math.max(
    0,
    messages.findIndex(({ role }) => role !== "system"),
  );
  const [system, turns] = [messages.slice(0, first), messages.slice(first)];
  const starts = [...turns.keys()].filter((i) => i === 0 || turns[i]?.role === "user");
  const from = (start: number) => [...system, ...turns.slice(start)];
  if (fits(messages)) return { dropped: 0, kept: messages };
  let [low, high] = [1, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fits(from(at(starts, middle)))) high = middle;
    else low = middle + 1;
  }
  const dropped = starts[low] ?? turns.length - 1;
  return { dropped, kept: from(dropped) };
}

interface Fitting {
  readonly dropped: number;
  readonly kept: readonly PromptMessage[];
}

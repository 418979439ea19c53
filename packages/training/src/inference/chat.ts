import type { OpenModel } from "./open-model.js";
import { ChatOptions, type ChatInput } from "@trainer/options";
import { frameOf, missing, spelled } from "./begin.js";
import { RenderedChat } from "./chat-template.js";
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

const NAMES = { user: "User", assistant: "Assistant" } as const;
/** Begin of a user's turn by the model: `User:` within a line is part of an answer. */
const STOPS = ["\nUser:"];

/** The prompt, and the stops of its answer. */
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
  const { format, templateProblem, ...prepared } = writtenDown(opened, messages, options);
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
function writtenDown(
  opened: OpenModel,
  messages: readonly ChatMessage[],
  options: ChatOptions,
): PreparedPrompt & Pick<ChatReply, "format" | "templateProblem"> {
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
  messages: readonly ChatMessage[],
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
  const dropped = firstThatFits(messages, (rest) => framed(template.prompt(rest)).length <= room);
  const whole = framed(template.prompt(messages.slice(dropped)));
  const prompt = whole.slice(-room);
  const end = template.endOfAnswer();
  const ends = end === null ? opened.ends : new Set([...opened.ends, end]);
  const begins = missing(prompt, { before, after: [] }).before.length === 0;
  const begin = begins ? spelled(opened, { before, after: [] }).begin : [];
  return { prompt, begin, dropped, stopSequences: [], ends };
}

function byLines(opened: OpenModel, messages: readonly ChatMessage[], options: ChatOptions): PreparedPrompt {
  const { tokenizer, contextLength, ends } = opened;
  const { bos, specialTokens, maxNewTokens } = options;
  const { begin } = spelled(opened, frameOf(opened, bos));
  const room = promptLength(Infinity, maxNewTokens, contextLength) - begin.length;
  const dropped = firstThatFits(messages, (rest) => tokenizer.encode(promptOf(rest), { specialTokens }).length <= room);
  return { prompt: promptOf(messages.slice(dropped)), begin, dropped, stopSequences: STOPS, ends };
}

/** The prompt without a template. */
export const promptOf = (messages: readonly ChatMessage[]): string =>
  [...messages.map(({ role, content }) => `${NAMES[role]}: ${content}`), "Assistant:"].join("\n");

/** Number of messages to drop at the beginning, up to a user's, so that the rest fits; the last one stays. */
function firstThatFits(messages: readonly ChatMessage[], fits: (rest: readonly ChatMessage[]) => boolean): number {
  const starts = [...messages.keys()].filter((i) => i === 0 || messages[i]?.role === "user");
  return starts.find((i) => fits(messages.slice(i))) ?? messages.length - 1;
}

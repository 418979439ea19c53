import { ChatOptions, EvaluateOptions, GenerateOptions, most, ScoreOptions } from "@trainer/options";
import { z } from "zod";
import { figure, int, modelText, orNull, short, text, withDefault } from "./fields.js";
import { JobState } from "./run.js";
import { wire } from "./wire.js";

/** POST /runs/{run_id}/evaluate */
export const EvaluateRequest = z
  .object({
    ...wire(EvaluateOptions.pick({ split: true, document: true, format: true, bos: true, specialTokens: true }).shape),
    path_override: orNull(text).describe("A text under the server's data to evaluate on instead."),
  })
  .meta({ example: { split: "test" } });
export type EvaluateRequest = z.output<typeof EvaluateRequest>;

export const EvaluateResponse = z.object({
  run_id: z.string(),
  split: z.string(),
  status: JobState,
  /** Loss in nats per token. */
  loss: figure,
  /** Null of pairs of answers, whose loss is no cross entropy. */
  perplexity: figure,
  /** Of pairs of answers: rewards, their accuracies and margins, by the names of TRL. */
  figures: z.record(z.string(), z.number()).optional(),
  artifact_path: z.string().nullable(),
  message: z.string().nullish(),
});
export type EvaluateResponse = z.output<typeof EvaluateResponse>;

/** Exactly one of two fields. */
const exactlyOne =
  (text: string, path: string) =>
  (body: Readonly<Record<string, unknown>>, ctx: z.RefinementCtx): void => {
    const given = [body[text], body[path]].filter((each) => each !== null).length;
    if (given === 1) return;
    const message =
      given === 2 ? `${text} and ${path} are mutually exclusive` : `either ${text} or ${path} must be provided`;
    ctx.addIssue({ code: "custom", message, path: [text], params: { status: 422 } });
  };

/** POST /runs/{run_id}/score */
export const ScoreRequest = z
  .object({
    text: orNull(modelText),
    path: orNull(text).describe("Of a text under the server's data, in place of `text`."),
    ...wire(ScoreOptions.omit({ text: true, path: true, stride: true }).shape),
    seed: orNull(int({ min: 0 })), // of other systems; nothing of a score is drawn
  })
  .superRefine(exactlyOne("text", "path"))
  .meta({ example: { text: "To be, or not to be", detail_level: "per_char", top_k: 3 } });
export type ScoreRequest = z.output<typeof ScoreRequest>;

/** The stored result of a scoring: the answer without its id. */
export const ScoreResult = z.object({
  status: JobState,
  /** Loss in nats per token. */
  loss: figure.default(null),
  perplexity: figure.default(null),
  /** Surprisal in bits; entry i is that of token i + 1. */
  surprisal: z.array(z.number()).nullable().default(null),
  /** The likeliest alternatives of each token, with their probabilities. */
  topk: z
    .array(z.array(z.tuple([z.string(), z.number()])))
    .nullable()
    .default(null),
  /** The text of each token. */
  tokens: z.array(z.string()).nullable().default(null),
  /** Offset of each of these in the text, in characters (code points). */
  offsets: z.array(z.int()).nullish(),
  /** Begin and end tokens of the tokenizer's template. */
  begin_tokens: z.array(z.string()).nullish(),
  end_tokens: z.array(z.string()).nullish(),
  /** Characters that the tokenizer does not know. */
  unknown_characters: z.int().nullish(),
  /** True if the tokens decode to the text. */
  text_restored: z.boolean().nullish(),
  /** Reason for a missing figure. */
  message: z.string().nullish(),
});
export type ScoreResult = z.output<typeof ScoreResult>;
export const ScoreResponse = ScoreResult.extend({ request_id: z.string() });
export type ScoreResponse = z.output<typeof ScoreResponse>;

/** POST /runs/{run_id}/generate */
export const GenerateRequest = z
  .object({
    prompt_text: orNull(modelText),
    prompt_path: orNull(text).describe("Of a prompt under the server's data, in place of `prompt_text`."),
    ...wire(GenerateOptions.omit({ prompt: true, stopSequences: true }).shape),
    stop_sequences: withDefault(
      z
        .array(short(most.marker), "must be a list of strings")
        .max(most.stopSequences, `must be at most ${most.stopSequences} strings`),
      [],
    ),
  })
  .superRefine(exactlyOne("prompt_text", "prompt_path"))
  .meta({ example: { prompt_text: "To be, or", max_new_tokens: 64, temperature: 0.8 } });
export type GenerateRequest = z.output<typeof GenerateRequest>;

export const GenerateResult = z.object({
  status: JobState,
  /** The new text of each sequence. */
  outputs: z.array(z.string()).nullable().default(null),
  /** Tokens of all sequences together. */
  steps: z.int().nullable().default(null),
  eos_terminated: z.array(z.boolean()).nullable().default(null),
  steps_per_sequence: z.array(z.int()).nullish(),
  /** Begin tokens of the prompt. */
  begin_tokens: z.array(z.string()).nullish(),
  message: z.string().nullish(),
});
export type GenerateResult = z.output<typeof GenerateResult>;
export const GenerateResponse = GenerateResult.extend({ request_id: z.string() });
export type GenerateResponse = z.output<typeof GenerateResponse>;

/** POST /runs/{run_id}/chat */
export const ChatRequest = z
  .object({
    message: modelText,
    session_id: orNull(short(most.name)).describe("Left out: a new conversation."),
    ...wire(ChatOptions.omit({ seed: true }).shape),
  })
  .meta({ example: { message: "Who are you?" } });
export type ChatRequest = z.output<typeof ChatRequest>;

export const ChatResult = z.object({
  status: JobState,
  response: z.string().nullable().default(null),
  /** Format of the conversation: the model's own chat template, or lines. */
  format: z.enum(["template", "lines"]).nullish(),
  /** Reason why its template was not used. */
  template_problem: z.string().nullish(),
  begin_tokens: z.array(z.string()).nullish(),
  message: z.string().nullish(),
});
export type ChatResult = z.output<typeof ChatResult>;
export const ChatResponse = ChatResult.extend({ session_id: z.string(), request_id: z.string() });
export type ChatResponse = z.output<typeof ChatResponse>;

export const ChatTurn = z.object({ role: z.enum(["user", "assistant"]), content: z.string() });
export type ChatTurn = z.output<typeof ChatTurn>;
export const ChatHistory = z.object({
  session_id: z.string(),
  run_id: z.string(),
  messages: z.array(ChatTurn),
  created_at: z.string(),
});
export type ChatHistory = z.output<typeof ChatHistory>;

export const ChatSummary = z.object({
  session_id: z.string(),
  /** First words of its first message. */
  title: z.string(),
  /** Messages of both sides; 0 before the first answer. */
  message_count: z.int(),
  last_turn_at: z.string(),
});
export type ChatSummary = z.output<typeof ChatSummary>;

/** GET /runs/{run_id}/chat: the conversations that are still kept, the latest turn first. */
export const ChatList = z.object({ chats: z.array(ChatSummary) });
export type ChatList = z.output<typeof ChatList>;

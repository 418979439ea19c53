import { most } from "@trainer/options";
import { z } from "zod";

// What OpenAI's clients send. Fields that are unknown are let through: clients have more of them each year.

const Stop = z.union([z.string(), z.array(z.string()).max(16)]);
const Ids = z.array(z.int().min(0));

/** Fields that completions and chats share; null is as if left out. */
const common = {
  model: z.string(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  n: z.int().min(1).max(most.sequences).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  stop: Stop.nullish(),
  seed: z.int().nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  /** By ids, from -100 (never) to 100 (always). */
  logit_bias: z.record(z.string().regex(/^\d+$/), z.number().min(-100).max(100)).nullish(),
  // Not OpenAI's own; the names that other servers of models have given them.
  top_k: z.int().min(-1).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  repetition_penalty: z.number().min(1e-6).max(1e6).nullish(),
};

/** As many as a client likes to say: `tokensOf` bounds what is written. */
const tokens = (least: number) => z.int().min(least);

/** Tokens to write of those that were asked for: no more than the context, or than other requests may. */
export const tokensOf = (asked: number, contextLength: number): number =>
  Math.min(asked, Math.max(most.newTokens, contextLength));

export const CompletionRequest = z.looseObject({
  ...common,
  /** Texts or ids. */
  prompt: z.union([z.string(), z.array(z.string()).min(1), Ids.min(1), z.array(Ids.min(1)).min(1)], {
    error: "it is a text, a list of texts, ids or a list of lists of ids, and none of them empty of ids",
  }),
  max_tokens: tokens(0).nullish(),
  echo: z.boolean().nullish(),
  logprobs: z.int().min(0).max(20).nullish(),
  best_of: z.int().nullish(),
  suffix: z.string().nullish(),
});
export type CompletionRequest = z.infer<typeof CompletionRequest>;

const Content = z.union([z.string(), z.array(z.looseObject({ type: z.literal("text"), text: z.string() }))]);

const Message = z.looseObject({
  role: z.enum(["system", "developer", "user", "assistant"]),
  content: Content,
});

export const ChatCompletionRequest = z.looseObject({
  ...common,
  messages: z.array(Message).min(1),
  max_tokens: tokens(1).nullish(),
  max_completion_tokens: tokens(1).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  tools: z.array(z.unknown()).max(0, "tools cannot be called by these models").nullish(),
  response_format: z
    .looseObject({ type: z.literal("text", "answers are text, and no other format is promised") })
    .nullish(),
});
export type ChatCompletionRequest = z.infer<typeof ChatCompletionRequest>;

export const TokenizeRequest = z.looseObject({
  model: z.string().nullish(),
  prompt: z.string(),
  add_special_tokens: z.boolean().nullish(),
});

export const DetokenizeRequest = z.looseObject({ model: z.string().nullish(), tokens: Ids });

type Common = Pick<CompletionRequest, keyof typeof common>;

/** Options of a generation by a request's fields. */
export const samplingOf = (request: Common) => ({
  temperature: request.temperature ?? 1,
  topP: request.top_p ?? 1,
  topK: Math.max(0, request.top_k ?? 0),
  minP: request.min_p ?? 0,
  repetitionPenalty: request.repetition_penalty ?? 1,
  numReturnSequences: request.n ?? 1,
  stopSequences: [request.stop ?? []].flat().filter((stop) => stop !== ""),
  seed: request.seed === null || request.seed === undefined ? null : BigInt.asUintN(64, BigInt(request.seed)),
});

/** How its tokens are steered, beside how many of the likeliest are told. */
export const steeringOf = (request: Common, logprobs: number | null) => ({
  presencePenalty: request.presence_penalty ?? 0,
  frequencyPenalty: request.frequency_penalty ?? 0,
  logitBias: new Map(Object.entries(request.logit_bias ?? {}).map(([id, bias]) => [Number(id), bias])),
  logprobs,
});

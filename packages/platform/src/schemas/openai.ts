import { most } from "@trainer/options";
import { z } from "zod";
import { JobState } from "./run.js";

// What OpenAI's clients send, and what becomes of it. Unknown fields are ignored: clients have more of them each year.

const Marker = z.string().max(most.marker);
const Stop = z.union([Marker, z.array(Marker).max(16)], {
  error: `it is a text, or a list of 16 at most, each of ${most.marker} characters at most`,
});
const Ids = z.array(z.int().min(0));

/** A seed of 64 bits as one that every part of the system can hold. */
const toSafe = (seed: bigint): number => Number(BigInt.asUintN(53, seed));

/** Fields that completions and chats share; null is as if left out. */
const common = {
  model: z.string(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  n: z.int().min(1).max(most.sequences).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  stop: Stop.nullish(),
  seed: z.union([z.int(), z.bigint().transform(toSafe)]).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  /** By ids, from -100 (never) to 100 (always). */
  logit_bias: z.record(z.string().regex(/^\d+$/), z.number().min(-100).max(100)).nullish(),
  // Not OpenAI's own; the names that other servers of models have given them.
  top_k: z.int().min(-1).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  repetition_penalty: z.number().min(1e-6).max(1e6).nullish(),
};

/** As many as a client likes to say: the model bounds what is written. */
const tokens = (least: number) => z.int().min(least);

export const CompletionRequest = z
  .object({
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
  })
  .meta({ example: { model: "gpt2-tiny-92646747", prompt: "To be, or", max_tokens: 64 } });
export type CompletionRequest = z.output<typeof CompletionRequest>;
export type SamplingRequest = Pick<CompletionRequest, keyof typeof common>;

const Content = z.union([z.string(), z.array(z.object({ type: z.literal("text"), text: z.string() }))]);

const Message = z.object({
  role: z.enum(["system", "developer", "user", "assistant"]),
  content: Content,
});

export const ChatCompletionRequest = z
  .object({
    ...common,
    messages: z.array(Message).min(1),
    max_tokens: tokens(1).nullish(),
    max_completion_tokens: tokens(1).nullish(),
    logprobs: z.boolean().nullish(),
    top_logprobs: z.int().min(0).max(20).nullish(),
    tools: z.array(z.unknown()).max(0, "tools cannot be called by these models").nullish(),
    response_format: z
      .object({ type: z.literal("text", "answers are text, and no other format is promised") })
      .nullish(),
  })
  .meta({ example: { model: "gpt2-tiny-92646747", messages: [{ role: "user", content: "Who are you?" }] } });
export type ChatCompletionRequest = z.output<typeof ChatCompletionRequest>;

export const TokenizeRequest = z
  .object({
    model: z.string().nullish(),
    prompt: z.string(),
    add_special_tokens: z.boolean().nullish(),
  })
  .meta({ example: { model: "gpt2-tiny-92646747", prompt: "To be, or" } });
export type TokenizeRequest = z.output<typeof TokenizeRequest>;

export const DetokenizeRequest = z
  .object({ model: z.string().nullish(), tokens: Ids })
  .meta({ example: { model: "gpt2-tiny-92646747", tokens: [1, 2, 3] } });
export type DetokenizeRequest = z.output<typeof DetokenizeRequest>;

/** A question of one of OpenAI's clients to a model. */
export const OpenAiQuestion = z.discriminatedUnion("about", [
  z.object({ about: z.literal("completion"), request: CompletionRequest }),
  z.object({ about: z.literal("chat"), request: ChatCompletionRequest }),
  z.object({ about: z.literal("tokenize"), request: TokenizeRequest }),
  z.object({ about: z.literal("detokenize"), request: DetokenizeRequest }),
  z.object({ about: z.literal("tokenizer_info") }),
]);
export type OpenAiQuestion = z.output<typeof OpenAiQuestion>;

/** What is told of the tokens of a completion, in lists of equal length. */
export const Logprobs = z.object({
  tokens: z.array(z.string()),
  /** In nats; null for a first token, which nothing foresees. */
  token_logprobs: z.array(z.number().nullable()),
  top_logprobs: z.array(z.record(z.string(), z.number()).nullable()),
  /** Where each begins in the text, in characters (code points). */
  text_offset: z.array(z.int()),
});
export type Logprobs = z.output<typeof Logprobs>;

const Expected = z.object({ token: z.string(), logprob: z.number(), bytes: z.array(z.int()) });

/** What is told of a token of an answer in a chat. */
export const AnswerToken = Expected.extend({ top_logprobs: z.array(Expected) });
export type AnswerToken = z.output<typeof AnswerToken>;

export const Tokenized = z.object({ tokens: z.array(z.int()), count: z.int(), max_model_len: z.int() });
export type Tokenized = z.output<typeof Tokenized>;

export const Detokenized = z.object({ prompt: z.string() });
export type Detokenized = z.output<typeof Detokenized>;

export const OpenAiTokenizer = z.object({
  tokenizer_class: z.string(),
  eos_token: z.string().nullable(),
  bos_token: z.string().nullable(),
  pad_token: z.string().nullable(),
  unk_token: z.string().nullable(),
  chat_template: z.string().nullable(),
});
export type OpenAiTokenizer = z.output<typeof OpenAiTokenizer>;

/** A model as lists have it. */
export const OpenAiModel = z.object({
  id: z.string(),
  object: z.literal("model"),
  created: z.int().describe("Unix time."),
  owned_by: z.string(),
  max_model_len: z.int().optional().describe("Of its context, where that is known without opening it."),
});
export type OpenAiModel = z.output<typeof OpenAiModel>;
export const OpenAiModelList = z.object({ object: z.literal("list"), data: z.array(OpenAiModel) });
export type OpenAiModelList = z.output<typeof OpenAiModelList>;

const head = { id: z.string(), created: z.int(), model: z.string() };
const choice = { index: z.int(), finish_reason: z.enum(["stop", "length"]).nullable() };
const usage = z.object({ prompt_tokens: z.int(), completion_tokens: z.int(), total_tokens: z.int() });

export const Completion = z.object({
  ...head,
  object: z.literal("text_completion"),
  choices: z.array(z.object({ ...choice, text: z.string(), logprobs: Logprobs.nullable() })),
  usage,
});
export type Completion = z.output<typeof Completion>;

const Answered = z.object({ role: z.literal("assistant"), content: z.string(), refusal: z.null() });
const AnswerLogprobs = z.object({ content: z.array(AnswerToken), refusal: z.null() });

export const ChatCompletion = z.object({
  ...head,
  object: z.literal("chat.completion"),
  choices: z.array(z.object({ ...choice, message: Answered, logprobs: AnswerLogprobs.nullable() })),
  usage,
});
export type ChatCompletion = z.output<typeof ChatCompletion>;

/** Every error that one of OpenAI's clients gets. */
export const OpenAiFailure = z.object({
  error: z.object({
    message: z.string(),
    type: z.string(),
    param: z.string().nullable(),
    code: z.string().nullable(),
  }),
});
export type OpenAiFailure = z.output<typeof OpenAiFailure>;

/** An answer as a worker keeps it: lines of JSON, which `@trainer/openai` writes and reads. */
export const OpenAiResult = z.object({
  status: JobState,
  lines: z.string().default(""),
  message: z.string().nullish(),
});
export type OpenAiResult = z.output<typeof OpenAiResult>;

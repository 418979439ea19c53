import {
  AnswerToken,
  background,
  Detokenized,
  Logprobs,
  OpenAiTokenizer,
  Tokenized,
  type OpenAiQuestion,
  type StreamPiece,
} from "@trainer/platform";
import { z } from "zod";
import { OpenAiError, ofOpenAi } from "./errors.js";
import type { ModelEntry, Part, ServedModel, Writing } from "./served-model.js";

// Answers as lines of JSON, in which a worker sends them on and keeps them. The first is a refusal, all that there is to
// say, or the head of texts, whose parts follow.

/** A line: its number, the length of what it says, that, and its number again. Of two halves that have come together one differs. */
const LINE = /^(\d+) (\d+) (.*) (\d+)$/s; // also of what holds U+2028

const partWith = <S extends z.ZodType>(logprobs: S) =>
  z.object({
    index: z.int(),
    text: z.string(),
    logprobs: logprobs.nullable(),
    finishReason: z.enum(["stop", "length"]).nullable(),
    steps: z.int(),
  });
const CompletionPart = partWith(Logprobs);
const ChatPart = partWith(z.array(AnswerToken));

const Refusal = z.object({
  refused: z.object({
    status: z.int(),
    message: z.string(),
    about: z.object({ param: z.string().optional(), code: z.string().optional() }),
  }),
});
const Head = z.object({ prompt_tokens: z.int() });

/** A model's answer, a line at a time; what it refuses is one too. */
export async function* answerLines(
  model: ServedModel,
  question: OpenAiQuestion,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  let n = 0;
  const line = (content: object) => {
    const json = JSON.stringify(content);
    return `${n} ${json.length} ${json} ${n++}\n`;
  };
  try {
    for await (const content of answered(model, question, signal)) yield line(content);
  } catch (error) {
    const { status, message, about } = ofOpenAi(error);
    if (status >= 500) throw error;
    yield line({ refused: { status, message, about } } satisfies z.input<typeof Refusal>);
  }
}

async function* answered(
  model: ServedModel,
  question: OpenAiQuestion,
  signal: AbortSignal,
): AsyncGenerator<object, void, undefined> {
  switch (question.about) {
    case "completion":
      return yield* written(await model.complete(question.request, signal));
    case "chat":
      return yield* written(await model.chat(question.request, signal));
    case "tokenize":
      return yield await model.tokenize(question.request, signal);
    case "detokenize":
      return yield await model.detokenize(question.request, signal);
    case "tokenizer_info":
      return yield await model.tokenizerInfo(signal);
  }
}

async function* written<L>({ promptTokens, parts }: Writing<L>): AsyncGenerator<object, void, undefined> {
  yield { prompt_tokens: promptTokens } satisfies z.input<typeof Head>;
  yield* parts;
}

/** What comes of a question: text of its lines as they grow, which may have gaps, and at last all of it. */
export type Growing = StreamPiece | { readonly type: "result"; readonly result: { readonly lines: string } };

/** A model that is open elsewhere, and answers in lines. */
export function servedElsewhere(
  entry: ModelEntry,
  ask: (question: OpenAiQuestion, signal: AbortSignal) => AsyncIterable<Growing>,
): ServedModel {
  const one = async <T>(schema: z.ZodType<T>, question: OpenAiQuestion, signal: AbortSignal): Promise<T> => {
    for await (const line of linesIn(ask(question, signal))) return schema.parse(line);
    throw over();
  };
  const writing = async <L>(
    part: z.ZodType<Part<L>>,
    question: OpenAiQuestion,
    signal: AbortSignal,
  ): Promise<Writing<L>> => {
    const lines = linesIn(ask(question, signal));
    signal.addEventListener("abort", () => background(lines.return(), () => {})); // where nobody reads on
    const { value, done } = await lines.next();
    if (done === true) throw over();
    return { promptTokens: Head.parse(value).prompt_tokens, parts: parts(lines, part) };
  };
  return {
    ...entry,
    complete: (request, signal) => writing(CompletionPart, { about: "completion", request }, signal),
    chat: (request, signal) => writing(ChatPart, { about: "chat", request }, signal),
    tokenize: (request, signal) => one(Tokenized, { about: "tokenize", request }, signal),
    detokenize: (request, signal) => one(Detokenized, { about: "detokenize", request }, signal),
    tokenizerInfo: (signal) => one(OpenAiTokenizer, { about: "tokenizer_info" }, signal),
  };
}

/** What stands in the lines of an answer. @throws OpenAiError where it is a refusal, or has failed */
async function* linesIn(growing: AsyncIterable<Growing>): AsyncGenerator<unknown, void, undefined> {
  let received = 0;
  let rest = "";
  for await (const piece of growing) {
    if (piece.type === "failed") throw new OpenAiError(500, piece.message);
    if (piece.type === "text") rest += piece.text;
    if (piece.type === "result") rest = piece.result.lines;
    const lines = rest.split("\n");
    rest = lines.splice(-1).join("");
    for (const line of lines) {
      const [, before, length, json = "", after] = LINE.exec(line) ?? [];
      const isWhole = Number(before) === received && Number(after) === received && Number(length) === json.length;
      if (!isWhole) continue; // received already, or at or after a gap, which the result fills
      received += 1;
      const content: unknown = JSON.parse(json);
      const refusal = Refusal.safeParse(content).data?.refused;
      if (refusal !== undefined) throw new OpenAiError(refusal.status, refusal.message, refusal.about);
      yield content;
    }
  }
}

async function* parts<L>(lines: AsyncIterable<unknown>, part: z.ZodType<L>): AsyncGenerator<L, void, undefined> {
  for await (const line of lines) yield part.parse(line);
}

/** Of a question whose client has gone. */
const over = () => new OpenAiError(499, "the client has gone");

import { join } from "node:path";
import type { EvalRecord } from "@trainer/platform/redis";
import type {
  ChatRequest,
  ChatResult,
  ChatTurn,
  GenerateRequest,
  GenerateResult,
  OpenAiResult,
  ScoreRequest,
  ScoreResult,
} from "@trainer/platform";
import { answerLines, servedHere } from "@trainer/openai/answers";
import {
  chat,
  evaluate,
  figuresOrUndefined,
  generateStream,
  readTextFile,
  score,
  type OpenModel,
} from "@trainer/training";
import type { Piece, Question } from "./messages.js";
import type { ChildContext } from "./child-context.js";

export interface AnswerContext {
  readonly about: ChildContext;
  readonly signal: AbortSignal;
  readonly onPiece: (piece: Piece) => void;
}

/** Answers to requests, by kind. */
export interface Answers {
  /** With the step of the evaluated model. */
  readonly eval: { readonly result: EvalRecord; readonly steps: number };
  readonly score: ScoreResult;
  readonly generate: GenerateResult;
  /** With the conversation after it. */
  readonly chat: { readonly result: ChatResult; readonly turns: readonly ChatTurn[] };
  readonly openai: OpenAiResult;
}

/** A question to a run's model. */
export type ModelQuestion = Exclude<Question, { kind: "encode" | "estimate" | "plan" }>;

type Of<K extends ModelQuestion["kind"]> = Extract<ModelQuestion, { kind: K }>;

/** Answers a question to a model. */
export function answer(
  question: ModelQuestion,
  opened: OpenModel,
  context: AnswerContext,
): Promise<Answers[keyof Answers]> {
  switch (question.kind) {
    case "eval":
      return evaluated(question, opened, context);
    case "score":
      return scored(question, opened, context);
    case "generate":
      return generated(question, opened, context);
    case "chat":
      return chatted(question, opened, context);
    case "openai":
      return answeredInLines(question, opened, context);
  }
}

const COMPLETED = "completed" as const;

async function evaluated({ request }: Of<"eval">, opened: OpenModel, context: AnswerContext): Promise<Answers["eval"]> {
  const { about, signal } = context;
  const { split, document, format, path_override: override } = request;
  const path = override === null ? null : await about.texts.need(override, "corpus");
  // Clients look for the last evaluation of anything in one place.
  const out = opened.manifest === null ? null : join(opened.dir, "eval");
  const { loss, perplexity, figures, dir } = await evaluate(
    opened,
    { split, path, document, format, out, ...framingOf(request) },
    { ...about, signal },
  );
  const artifact = dir && join(dir, "metrics.json");
  const told = { loss, ppl: perplexity, figures: figuresOrUndefined(figures) };
  return { result: { status: COMPLETED, split, ...told, artifact }, steps: opened.manifest?.steps ?? 0 };
}

async function scored({ request }: Of<"score">, opened: OpenModel, context: AnswerContext): Promise<ScoreResult> {
  const text = await textOf(request.text, request.path, context);
  const options = { text, detailLevel: request.detail_level, topK: request.top_k, ...framingOf(request) };
  const scored = await score(opened, options, context.signal);
  return {
    status: COMPLETED,
    loss: scored.loss,
    perplexity: scored.perplexity,
    surprisal: scored.surprisal && [...scored.surprisal],
    topk: scored.topk && scored.topk.map((row) => row.map(([token, probability]) => [token, probability])),
    tokens: scored.tokens && [...scored.tokens],
    offsets: scored.offsets && [...scored.offsets],
    begin_tokens: [...scored.begin],
    end_tokens: [...scored.end],
    unknown_characters: scored.fidelity.unknownCharacters,
    text_restored: scored.fidelity.exact,
    message: scored.reason,
  };
}

async function generated(
  { request }: Of<"generate">,
  opened: OpenModel,
  context: AnswerContext,
): Promise<GenerateResult> {
  const prompt = await textOf(request.prompt_text, request.prompt_path, context);
  const events = generateStream(
    opened,
    {
      prompt,
      ...samplingOf(request),
      stopOnEos: request.stop_on_eos,
      stopSequences: request.stop_sequences.filter((each) => each !== ""),
      seed: request.seed,
      numReturnSequences: request.num_return_sequences,
      ...framingOf(request),
    },
    context.signal,
  );
  for (;;) {
    const { value, done } = await events.next();
    if (done === true) {
      return {
        status: COMPLETED,
        outputs: [...value.outputs],
        steps: value.steps,
        eos_terminated: [...value.eosTerminated],
        steps_per_sequence: [...value.stepsPerSequence],
        begin_tokens: [...value.begin],
      };
    }
    if (value.type === "text") context.onPiece({ sequence: value.sequence, text: value.text });
  }
}

async function chatted(
  { request, turns, seed }: Of<"chat">,
  opened: OpenModel,
  { signal, onPiece }: AnswerContext,
): Promise<Answers["chat"]> {
  const options = {
    ...samplingOf(request),
    seed,
    ...framingOf(request),
  };
  const onText = (text: string) => onPiece({ sequence: 0, text });
  const reply = await chat(opened, turns, request.message, options, { signal, onText });
  const { response, format, templateProblem: template_problem, begin } = reply;
  const result = { status: COMPLETED, response, format, template_problem, begin_tokens: [...begin] };
  return { result, turns: reply.history };
}

/** Lines are sent on as they come where the client wants its answer so. */
async function answeredInLines(
  { run_id: id, request }: Of<"openai">,
  opened: OpenModel,
  { signal, onPiece }: AnswerContext,
): Promise<OpenAiResult> {
  const isStreamed = "request" in request && "stream" in request.request && request.request.stream === true;
  const lines: string[] = [];
  for await (const line of answerLines(servedHere(id, 0, opened), request, signal)) {
    lines.push(line);
    if (isStreamed) onPiece({ sequence: 0, text: line });
  }
  return { status: COMPLETED, lines: lines.join("") };
}

const samplingOf = (request: GenerateRequest | ChatRequest) => ({
  maxNewTokens: request.max_new_tokens,
  temperature: request.temperature,
  topK: request.top_k,
  topP: request.top_p,
  minP: request.min_p,
  repetitionPenalty: request.repetition_penalty,
});

const framingOf = ({ bos, special_tokens: specialTokens }: Pick<ScoreRequest, "bos" | "special_tokens">) => ({
  bos,
  specialTokens,
});

/** Most bytes of a file that is scored or continued, unzipped. */
const MOST_BYTES = 16 << 20;

/** The one of the two that was given. */
async function textOf(text: string | null, path: string | null, { about }: AnswerContext): Promise<string> {
  if (text !== null) return text;
  return (await readTextFile(await about.texts.need(String(path), "file"), MOST_BYTES)).text;
}

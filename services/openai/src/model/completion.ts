import { at } from "@trainer/disk";
import type { CompletionRequest, Logprobs } from "@trainer/platform";
import { complete, type ExpectedToken, type OpenModel, type SequenceEvent } from "@trainer/training";
import { OpenAiError } from "../errors.js";
import type { Part, Writing } from "../served-model.js";
import { samplingOf, steeringOf, tokensOf } from "./options.js";
import { promptsOf } from "./prompts.js";
import { ToldTokens } from "./told-tokens.js";

/** Tokens that are written where nothing is said, as OpenAI has it. */
const MAX_TOKENS = 16;

/** The most log-probabilities of prompts that an answer tells: they are held in memory. */
const MOST_ECHOED = 1 << 22;

/** A part that a sequence's event is, with what was expected of its tokens as answers of this kind have it. */
export function partOf<L>(event: SequenceEvent, logs: (tokens: readonly ExpectedToken[]) => L): Part<L> {
  const { sequence: index, tokens } = event;
  const told = { index, logprobs: tokens === undefined ? null : logs(tokens) };
  if (event.type === "text") return { ...told, text: event.text, finishReason: null, steps: 0 };
  return { ...told, text: "", finishReason: event.finishReason === "length" ? "length" : "stop", steps: event.steps };
}

/** @throws OpenAiError */
export function completionOf(opened: OpenModel, request: CompletionRequest, signal: AbortSignal): Writing<Logprobs> {
  refuseUnknown(request);
  const prompts = promptsOf(opened, request.prompt);
  const ids = prompts.map((prompt) => prompt.ids);
  const logprobs = request.logprobs ?? null;
  const n = request.n ?? 1;
  const promptTokens = ids.reduce((sum, { length }) => sum + length, 0);
  if (request.echo === true && logprobs !== null) refuseMany(promptTokens * n * (logprobs + 1));
  const asked = {
    ...samplingOf(request),
    maxNewTokens: tokensOf(request.max_tokens ?? MAX_TOKENS, opened.contextLength),
    steering: steeringOf(request, logprobs, opened.tokenizer.vocabSize),
    echo: request.echo === true,
  };
  return { promptTokens, parts: parts() };

  async function* parts(): AsyncGenerator<Part<Logprobs>, void, undefined> {
    const told = Array.from({ length: prompts.length * n }, () => new ToldTokens(opened.tokenizer));
    const { echoed, events } = await complete(opened, ids, asked, signal);
    for (const [index, tokens] of asked.echo ? told.entries() : []) {
      const prompt = Math.floor(index / n);
      const logs = logprobs === null ? null : tokens.prompt(at(at(ids, prompt), 0), at(echoed, prompt));
      yield { index, text: at(prompts, prompt).text, logprobs: logs, finishReason: null, steps: 0 };
    }
    for await (const event of events) yield partOf(event, (tokens) => at(told, event.sequence).written(tokens));
  }
}

function refuseMany(told: number): void {
  if (told <= MOST_ECHOED) return;
  const message = `${told} log-probabilities of prompts are asked for, and ${MOST_ECHOED} may be: ask with fewer prompts, or a smaller logprobs`;
  throw new OpenAiError(400, message, { param: "logprobs" });
}

function refuseUnknown({ suffix, best_of: bestOf, n }: CompletionRequest): void {
  if (typeof suffix === "string" && suffix !== "")
    throw new OpenAiError(400, "suffix: these models go on from a prompt, and cannot fill a gap", { param: "suffix" });
  if (typeof bestOf === "number" && bestOf !== (n ?? 1))
    throw new OpenAiError(400, "best_of: every text that is written is answered: leave it out, or set it to n", {
      param: "best_of",
    });
}

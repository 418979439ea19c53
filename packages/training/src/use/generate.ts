import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { StreamDecoder } from "@trainer/tokenizers";
import type { Tensor } from "@trainer/torch";
import { TrainingError } from "../errors.js";
import { ContextReader } from "./context-reader.js";
import { GenerateOptions, type GenerateInput } from "./generate-options.js";
import type { OpenModel } from "./open-model.js";
import { parseOptions } from "./parse-options.js";
import { Random } from "./random.js";
import { sample } from "./sample.js";
import { StopSequences } from "./stop-sequences.js";
import { promptLength } from "./window.js";

/** Why a sequence ended: the end-of-text token, a stop sequence, or `maxNewTokens`. */
export type FinishReason = "eos" | "stop" | "length";

export interface Generated {
  /** The new text of each sequence: without the prompt, the end-of-text token and the stop sequence. */
  readonly outputs: readonly string[];
  /** The tokens of all sequences, without those of end of text. */
  readonly steps: number;
  readonly stepsPerSequence: readonly number[];
  readonly eosTerminated: readonly boolean[];
  readonly finishReasons: readonly FinishReason[];
  /** What to give to get this again. */
  readonly seed: number | bigint;
}

export type GenerateEvent =
  | { readonly type: "text"; readonly sequence: number; readonly text: string }
  | {
      readonly type: "sequence";
      readonly sequence: number;
      readonly steps: number;
      readonly finishReason: FinishReason;
    }
  | { readonly type: "done"; readonly result: Generated };

/** Generates to the end. Aborting `signal` rejects with its reason. */
export async function generate(opened: OpenModel, input: GenerateInput, signal?: AbortSignal): Promise<Generated> {
  const events = generateStream(opened, input, signal);
  for (;;) {
    const { value, done } = await events.next();
    if (done === true) return value;
  }
}

/**
 * Generates text as it comes: whole characters, and nothing that may yet turn out to be part of a stop sequence. The
 * sequences follow each other, all drawn from one stream of random numbers; between two tokens the event loop runs.
 * Throws INVALID_INPUT for options out of range, MODEL_INCOMPATIBLE for weights that give no numbers.
 */
export async function* generateStream(
  opened: OpenModel,
  input: GenerateInput,
  signal?: AbortSignal,
): AsyncGenerator<GenerateEvent, Generated, undefined> {
  const options = parseOptions(GenerateOptions, input, "the generation");
  const seed = options.seed ?? randomBytes(6).readUIntBE(0, 6);
  const random = new Random(seed);
  const prompt = promptIds(opened, options);
  using reader = new ContextReader(opened.model);
  const sequences: { text: string; steps: number; finishReason: FinishReason }[] = [];
  for (let sequence = 0; sequence < options.numReturnSequences; sequence += 1) {
    let text = "";
    const pieces = sequencePieces(opened, reader, prompt, options, random);
    for (;;) {
      signal?.throwIfAborted();
      const { value, done } = pieces.next();
      if (done === true) {
        sequences.push({ text, ...value });
        yield { type: "sequence", sequence, ...value };
        break;
      }
      text += value;
      if (value !== "") yield { type: "text", sequence, text: value };
      await setImmediate();
    }
  }
  const result: Generated = {
    outputs: sequences.map(({ text }) => text),
    steps: sequences.reduce((total, { steps }) => total + steps, 0),
    stepsPerSequence: sequences.map(({ steps }) => steps),
    eosTerminated: sequences.map(({ finishReason }) => finishReason === "eos"),
    finishReasons: sequences.map(({ finishReason }) => finishReason),
    seed,
  };
  yield { type: "done", result };
  return result;
}

/** One sequence, a piece of text a token; a piece may be empty. */
function* sequencePieces(
  { tokenizer, model, eosId }: OpenModel,
  reader: ContextReader,
  prompt: readonly number[],
  options: GenerateOptions,
  random: Random,
): Generator<string, { steps: number; finishReason: FinishReason }, undefined> {
  const decoder = new StreamDecoder(tokenizer);
  const stops = new StopSequences(options.stopSequences);
  // Rows that the model has beyond the tokenizer's ids stand for nothing.
  const vocab = Math.min(model.vocabSize, tokenizer.vocabSize);
  const pick = (logits: Tensor) => sample(logits.narrow(0, 0, vocab), options, random);
  let steps = 0;
  let ended = false;
  let id = reader.read(prompt, (logits) => pick(checked(logits)));
  for (;;) {
    ended = options.stopOnEos && id === eosId;
    if (ended) break;
    steps += 1;
    yield stops.push(decoder.push(id));
    if (stops.stopped || steps === options.maxNewTokens) break;
    id = reader.next(id, pick);
  }
  yield stops.push(decoder.end());
  yield stops.end();
  return { steps, finishReason: ended ? "eos" : stops.stopped ? "stop" : "length" };
}

/** The prompt's ids, cut to what the context takes; of an empty prompt, the token that texts follow. */
function promptIds({ tokenizer, contextLength, startId }: OpenModel, options: GenerateOptions): number[] {
  const ids = [...tokenizer.encode(options.prompt)];
  if (ids.length === 0) {
    if (startId !== null) return [startId];
    throw new TrainingError(
      "INVALID_INPUT",
      "USER_INPUT",
      "the prompt is empty, and this tokenizer has no token for the beginning or the end of a text to start from: give a prompt",
    );
  }
  return ids.slice(-promptLength(ids.length, options.maxNewTokens, contextLength));
}

function checked(logits: Tensor): Tensor {
  if (logits.isfinite().all().item() === 1) return logits;
  throw new TrainingError(
    "MODEL_INCOMPATIBLE",
    "FATAL",
    "the model's logits are not finite: its weights are damaged, or its training diverged",
  );
}

import { randomBytes } from "node:crypto";
import type { Frame } from "@trainer/tokenizers";
import type { DeviceQueue } from "@trainer/torch";
import { GenerateOptions, type GenerateInput } from "@trainer/options";
import { frameOf, missing, spelled, startOf } from "./begin.js";
import { parseOptions } from "../options/parse-options.js";
import { Random } from "../corpus/random.js";
import { Sequence, type FinishReason, type SequenceEvent } from "./sequence.js";
import { promptLength } from "./window.js";
import { queueOf, writeSequences } from "./write-sequences.js";
import type { WritingModel } from "./writing-model.js";

export type { FinishReason } from "./sequence.js";

export interface Generated {
  /** The new text of each sequence: without the prompt, the end-of-text token and the stop sequence. */
  readonly outputs: readonly string[];
  /** The tokens of all sequences, without those of end of text. */
  readonly steps: number;
  readonly stepsPerSequence: readonly number[];
  readonly eosTerminated: readonly boolean[];
  readonly finishReasons: readonly FinishReason[];
  /** The tokens put before the prompts, as the tokenizer spells them. */
  readonly begin: readonly string[];
  /** Seed that reproduces this. */
  readonly seed: number | bigint;
}

export type GenerateEvent = SequenceEvent | { readonly type: "done"; readonly result: Generated };

/** What is asked of several prompts alike; `seeds`: a seed of each in place of one for all. */
export interface ManyInput extends Omit<GenerateInput, "prompt"> {
  readonly seeds?: readonly number[];
}

/** The text to continue: ids, or a text to encode. */
export type Prompt = string | readonly number[];

/** Generates to the end. Aborting `signal` rejects with its reason. */
export async function generate(opened: WritingModel, input: GenerateInput, signal?: AbortSignal): Promise<Generated> {
  return last(generateStream(opened, input, signal));
}

/** `generate` for several prompts, as `generateManyStream` has it. */
export async function generateMany(
  opened: WritingModel,
  prompts: readonly string[],
  input: ManyInput,
  signal?: AbortSignal,
  queue?: DeviceQueue | null,
): Promise<Generated> {
  return last(generateManyStream(opened, prompts, input, signal, queue));
}

/**
 * Streams generated text: whole characters, and nothing that may yet turn out to be part of a stop sequence. The
 * sequences are generated side by side, each from random numbers of its own that follow from the seed and its index:
 * sequence i is the same for any number of them (to the bit on a CPU). Concurrent generations of one model share their
 * steps. The event loop runs every few milliseconds, between two steps. Throws INVALID_INPUT for options out of range,
 * MODEL_INCOMPATIBLE for weights that give no numbers.
 */
export async function* generateStream(
  opened: WritingModel,
  input: GenerateInput,
  signal?: AbortSignal,
  queue?: DeviceQueue | null,
): AsyncGenerator<GenerateEvent, Generated, undefined> {
  const { prompt, ...rest } = input;
  return yield* generateManyStream(opened, [prompt], rest, signal, queue);
}

/**
 * `generateStream` for several prompts, of any lengths, side by side: each has `numReturnSequences` sequences, those of
 * the first prompt first, and each sequence is the same as with its prompt alone (to the bit on a CPU).
 *
 * @param queue records and replays steps: CUDA graphs on a GPU, and null for step by step
 */
export async function* generateManyStream(
  opened: WritingModel,
  prompts: readonly Prompt[],
  { seeds, ...input }: ManyInput,
  signal?: AbortSignal,
  queue: DeviceQueue | null = queueOf(opened.device),
): AsyncGenerator<GenerateEvent, Generated, undefined> {
  const options = parseOptions(GenerateOptions, { ...input, prompt: "" }, "the generation");
  const seed = options.seed ?? randomBytes(6).readUIntBE(0, 6);
  const count = options.numReturnSequences;
  const frame = frameOf(opened, options.bos);
  const sequences = prompts.flatMap((given, i) => {
    const prompt = promptIds(opened, given, options, frame);
    return Array.from({ length: count }, (_, j) => {
      return new Sequence(i * count + j, opened, options, prompt, new Random(seeds?.[i] ?? seed, j));
    });
  });
  yield* writeSequences(opened, sequences, signal, queue);
  const finishReasons = sequences.map(({ finished }) => finished).filter((reason) => reason !== null);
  const result: Generated = {
    outputs: sequences.map(({ text }) => text),
    steps: sequences.reduce((total, { steps }) => total + steps, 0),
    stepsPerSequence: sequences.map(({ steps }) => steps),
    eosTerminated: finishReasons.map((reason) => reason === "eos"),
    finishReasons,
    begin: prompts.some((given) => typeof given === "string") ? spelled(opened, frame).begin : [],
    seed,
  };
  yield { type: "done", result };
  return result;
}

async function last(events: AsyncGenerator<GenerateEvent, Generated, undefined>): Promise<Generated> {
  for (;;) {
    const { value, done } = await events.next();
    if (done === true) return value;
  }
}

/**
 * The prompt's ids with what begins a text before them, cut to what the context takes: the begin stays. Of an empty prompt,
 * the token that texts follow.
 */
export function promptIds(
  opened: WritingModel,
  given: Prompt,
  options: Pick<GenerateOptions, "bos" | "specialTokens" | "maxNewTokens">,
  frame: Frame = frameOf(opened, options.bos),
): number[] {
  const { tokenizer, contextLength } = opened;
  const ids = typeof given === "string" ? tokenizer.encode(given, options) : given;
  const before = typeof given === "string" ? missing(ids, frame).before : [];
  if (before.length + ids.length > 0) {
    const length = promptLength(before.length + ids.length, options.maxNewTokens, contextLength);
    const kept = Math.max(0, length - before.length);
    return [...before.slice(0, length), ...ids.slice(ids.length - Math.min(kept, ids.length))];
  }
  return [startOf(opened)];
}

import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type { CausalLm } from "@trainer/models";
import type { Frame } from "@trainer/tokenizers";
import { cudaQueue, type DeviceQueue } from "@trainer/torch";
import { TrainingError } from "../errors.js";
import { checkFinite } from "./check-finite.js";
import { ContinuousBatch } from "./continuous-batch.js";
import { MAX_BATCH_SIZE } from "./decoding-group.js";
import { DeviceDecoder, STRETCH, type Stretch } from "./device-decoder.js";
import { GenerateOptions, type GenerateInput } from "@trainer/options";
import { frameOf, missing, spelled } from "./begin.js";
import { parseOptions } from "../options/parse-options.js";
import { RecordedStep } from "./recorded-step.js";
import { Random } from "../corpus/random.js";
import { Sequence, written, type FinishReason, type SequenceEvent } from "./sequence.js";
import { promptLength } from "./window.js";
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

/** Queues that record steps, by device; null: none. */
const QUEUES = { cpu: null, cuda: cudaQueue() };

/** Cost of recording a step, in steps. */
const WORTH_RECORDING = 12;

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
  queue: DeviceQueue | null = QUEUES[opened.device],
): AsyncGenerator<GenerateEvent, Generated, undefined> {
  const options = parseOptions(GenerateOptions, { ...input, prompt: "" }, "the generation");
  const seed = options.seed ?? randomBytes(6).readUIntBE(0, 6);
  const count = options.numReturnSequences;
  const frame = frameOf(opened, options.bos);
  const sequences = prompts.flatMap((given, i) => {
    const prompt = promptIds(opened, given, frame, options);
    return Array.from({ length: count }, (_, j) => {
      return new Sequence(i * count + j, opened, options, prompt, new Random(seeds?.[i] ?? seed, j));
    });
  });
  for (const batch of batchesOf(sequences, opened.model.ragged === true)) {
    signal?.throwIfAborted();
    const step = queue && stepOf(opened, batch, queue);
    if (step === null) yield* batchOf(opened).write(batch, signal);
    else {
      try {
        yield* ahead(new DeviceDecoder(step, batch), batch, signal);
      } finally {
        if (opened.recorded === undefined) step[Symbol.dispose]();
        else opened.recorded.give(step);
      }
    }
  }
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

/** Sequences that are decoded together; where lengths must not differ, those of one prompt. */
function batchesOf(sequences: readonly Sequence[], ragged: boolean): Sequence[][] {
  const batches: Sequence[][] = [];
  for (const sequence of sequences) {
    const batch = batches.at(-1);
    const fits =
      batch !== undefined && batch.length < MAX_BATCH_SIZE && (ragged || batch[0]?.prompt === sequence.prompt);
    if (fits) batch.push(sequence);
    else batches.push([sequence]);
  }
  return batches;
}

/** The batch of each model that its generations share. */
const batches = new WeakMap<CausalLm, ContinuousBatch>();

/** The batch that generations of this model share if they stay the same to the bit by that; else one of its own. */
function batchOf({ model, device, weightType }: WritingModel): ContinuousBatch {
  if (device !== "cpu" || weightType !== "fp32") return new ContinuousBatch(model);
  const batch = batches.get(model) ?? new ContinuousBatch(model);
  batches.set(model, batch);
  return batch;
}

/** The most tokens that any of the sequences will have. */
const longest = (sequences: readonly Sequence[]) =>
  Math.max(...sequences.map(({ prompt, options }) => prompt.length + options.maxNewTokens));

/** Null where steps cannot be recorded: they are done one by one then, which is slower. */
function stepOf(
  { model, recorded, absent }: WritingModel,
  batch: readonly Sequence[],
  queue: DeviceQueue,
): RecordedStep | null {
  const [first] = batch;
  if (first === undefined || first.options.maxNewTokens <= WORTH_RECORDING) return null;
  const { temperature, topK, topP, minP, repetitionPenalty } = first.options;
  const sampling = { temperature, topK, topP, minP, repetitionPenalty };
  const shape = { sequences: batch.length, capacity: longest(batch), vocab: first.vocab, sampling, absent };
  try {
    return recorded === undefined ? RecordedStep.of(model, shape, queue) : recorded.take(model, shape, queue);
  } catch {
    return null;
  }
}

/** Sequences side by side, to the end of each, with steps that are given to the device ahead of the tokens read. */
async function* ahead(
  decoder: DeviceDecoder,
  sequences: readonly Sequence[],
  signal: AbortSignal | undefined,
): AsyncGenerator<GenerateEvent, void, undefined> {
  decoder.begin((logits, sequence) => {
    checkFinite(logits);
    sequence.draw(logits);
  });
  for (const sequence of sequences) yield* written(sequence);
  let left = Math.max(...sequences.map(({ options }) => options.maxNewTokens)) - 1;
  const underWay: Stretch[] = [];
  try {
    while (sequences.some(({ finished }) => finished === null)) {
      if (underWay.length === 0 && decoder.room(1) === 0) decoder.moveOn();
      for (let room = 1; underWay.length < 2 && room > 0;) {
        room = decoder.room(Math.min(STRETCH, left));
        left -= room;
        if (room > 0) underWay.push(decoder.ask(room));
      }
      for (const stretch of underWay.splice(0, 1)) {
        for (const sequence of decoder.take(stretch)) yield* written(sequence);
      }
      await setImmediate();
      signal?.throwIfAborted();
    }
  } finally {
    for (const stretch of underWay) stretch(); // what is on its way holds memory until it is read
  }
}

/**
 * The prompt's ids with what begins a text before them, cut to what the context takes: the begin stays. Of an empty prompt,
 * the token that texts follow.
 */
function promptIds(opened: WritingModel, given: Prompt, frame: Frame, options: GenerateOptions): number[] {
  const { tokenizer, contextLength, startId } = opened;
  const ids = typeof given === "string" ? tokenizer.encode(given, options) : given;
  const before = typeof given === "string" ? missing(ids, frame).before : [];
  if (before.length + ids.length > 0) {
    const length = promptLength(before.length + ids.length, options.maxNewTokens, contextLength);
    const kept = Math.max(0, length - before.length);
    return [...before.slice(0, length), ...ids.slice(ids.length - Math.min(kept, ids.length))];
  }
  if (startId !== null) return [startId];
  throw new TrainingError(
    "INVALID_INPUT",
    "the prompt is empty, and this tokenizer has no token for the beginning or the end of a text to start from: give a prompt",
  );
}

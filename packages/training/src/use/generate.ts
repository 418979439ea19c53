import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type { Tensor } from "@trainer/torch";
import { TrainingError } from "../errors.js";
import { BatchReader } from "./batch-reader.js";
import { GenerateOptions, type GenerateInput } from "./generate-options.js";
import type { OpenModel } from "./open-model.js";
import { parseOptions } from "./parse-options.js";
import { Random } from "./random.js";
import { Sequence, type FinishReason } from "./sequence.js";
import { promptLength } from "./window.js";

export type { FinishReason } from "./sequence.js";

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
 * How many sequences are decoded together: the most for which a row's arithmetic does not depend on the others. More
 * follow in a next batch.
 */
const TOGETHER = 16;

/** How long the event loop may have to wait, beside the step that is under way. */
const RESPONSE_MS = 4;

/**
 * Generates text as it comes: whole characters, and nothing that may yet turn out to be part of a stop sequence. The
 * sequences are written side by side, each drawn from random numbers of its own that follow from the seed and its index:
 * sequence i is the same however many there are (to the bit on a CPU). The event loop runs every few milliseconds,
 * between two steps.
 * Throws INVALID_INPUT for options out of range, MODEL_INCOMPATIBLE for weights that give no numbers.
 */
export async function* generateStream(
  opened: OpenModel,
  input: GenerateInput,
  signal?: AbortSignal,
): AsyncGenerator<GenerateEvent, Generated, undefined> {
  const options = parseOptions(GenerateOptions, input, "the generation");
  const seed = options.seed ?? randomBytes(6).readUIntBE(0, 6);
  const prompt = promptIds(opened, options);
  const sequences = Array.from(
    { length: options.numReturnSequences },
    (_, i) => new Sequence(i, opened, options, prompt, new Random(seed, i)),
  );
  for (let first = 0; first < sequences.length; first += TOGETHER) {
    yield* together(opened, prompt, sequences.slice(first, first + TOGETHER), options.maxNewTokens, signal);
  }
  const finishReasons = sequences.map(({ finished }) => finished).filter((reason) => reason !== null);
  const result: Generated = {
    outputs: sequences.map(({ text }) => text),
    steps: sequences.reduce((total, { steps }) => total + steps, 0),
    stepsPerSequence: sequences.map(({ steps }) => steps),
    eosTerminated: finishReasons.map((reason) => reason === "eos"),
    finishReasons,
    seed,
  };
  yield { type: "done", result };
  return result;
}

/** Sequences side by side, to the end of each. */
async function* together(
  { model }: OpenModel,
  prompt: readonly number[],
  sequences: readonly Sequence[],
  maxNewTokens: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<GenerateEvent, void, undefined> {
  signal?.throwIfAborted();
  using reader = new BatchReader(model, prompt.length + maxNewTokens);
  reader.begin(prompt, sequences.length, (logits) => {
    checkFinite(logits);
    for (const sequence of sequences) sequence.draw(logits);
  });
  let active = sequences;
  let ran = performance.now();
  for (;;) {
    for (const sequence of active) {
      const { index } = sequence;
      const text = sequence.write();
      if (text !== "") yield { type: "text", sequence: index, text };
      const { steps, finished } = sequence;
      if (finished !== null) yield { type: "sequence", sequence: index, steps, finishReason: finished };
    }
    const next = new Map(
      [...active.entries()].flatMap(([row, { last, finished }]) => (finished ? [] : [[row, last] as const])),
    );
    if (next.size === 0) return;
    if (performance.now() - ran >= RESPONSE_MS) {
      await setImmediate();
      ran = performance.now();
    }
    signal?.throwIfAborted();
    active = active.filter(({ finished }) => finished === null);
    reader.next(next, (logits) => {
      for (const [row, sequence] of active.entries()) sequence.draw(logits.select(0, row));
    });
  }
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

function checkFinite(logits: Tensor): void {
  if (logits.isfinite().all().item() === 1) return;
  throw new TrainingError(
    "MODEL_INCOMPATIBLE",
    "FATAL",
    "the model's logits are not finite: its weights are damaged, or its training diverged",
  );
}

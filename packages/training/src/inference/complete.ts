import { randomBytes } from "node:crypto";
import { GenerateOptions, type GenerateInput } from "@trainer/options";
import type { Tensor } from "@trainer/torch";
import { Random } from "../corpus/random.js";
import { frameOf, missing, startOf } from "./begin.js";
import { parseOptions } from "../options/parse-options.js";
import type { ExpectedToken } from "./expected-token.js";
import { likelihoods } from "./likelihoods.js";
import { Sequence, written, type SequenceEvent, type Steering } from "./sequence.js";
import { queueOf, writeSequences } from "./write-sequences.js";
import type { WritingModel } from "./writing-model.js";

/**
 * The ids of a prompt: a text after what begins one, and of an empty text the token that texts follow.
 * @throws TrainingError INVALID_INPUT where it is empty and there is no such token
 */
export function promptTokens(opened: WritingModel, text: string): number[] {
  const ids = opened.tokenizer.encode(text);
  const { before } = missing(ids, frameOf(opened, "auto"));
  return before.length + ids.length > 0 ? [...before, ...ids] : [startOf(opened)];
}

/** What is asked of several prompts alike. */
export interface CompletionInput extends Omit<GenerateInput, "prompt" | "maxNewTokens" | "bos" | "specialTokens"> {
  /** 0: nothing is written. */
  readonly maxNewTokens: number;
  readonly steering?: Steering;
  /** Tells what was expected of the prompts' tokens, where `steering.logprobs` says of how many. */
  readonly echo?: boolean;
}

/** A completion under way. */
export interface Completion {
  /** What was expected of the tokens of each prompt after its first; of none where that was not asked for. */
  readonly echoed: readonly (readonly ExpectedToken[])[];
  /** The texts as they are written: sequence j of n of prompt i is number i n + j. */
  readonly events: AsyncGenerator<SequenceEvent, void, undefined>;
}

/**
 * Goes on from prompts of ids, none of them empty, and tells what was expected of their tokens and of those written. Each
 * text is as if it were alone: what it does not depend on is how many others are written, also of other callers (to the
 * bit on a CPU). Prompts that are read for their likelihoods must fit the context.
 *
 * @throws TrainingError INVALID_INPUT for options out of range, MODEL_INCOMPATIBLE for weights that give no numbers
 */
export async function complete(
  opened: WritingModel,
  prompts: readonly (readonly number[])[],
  { maxNewTokens, steering = {}, echo = false, ...input }: CompletionInput,
  signal?: AbortSignal,
): Promise<Completion> {
  const asked = { ...input, maxNewTokens: Math.max(1, maxNewTokens), prompt: "" };
  const options = parseOptions(GenerateOptions, asked, "the completion");
  const { logprobs = null } = steering;
  const seed = options.seed ?? randomBytes(6).readUIntBE(0, 6);
  const { numReturnSequences: n } = options;
  const sequences = prompts.flatMap((ids, i) =>
    Array.from({ length: n }, (_, j) => new Sequence(i * n + j, opened, options, ids, new Random(seed, j), steering)),
  );
  const isRead = echo && logprobs !== null;
  const isDrawn = isRead && maxNewTokens === 1; // by what is expected where the prompt is read, which is not read again
  const onNext = (prompt: number, logits: Tensor): void => {
    for (const sequence of isDrawn ? sequences.slice(prompt * n, (prompt + 1) * n) : []) sequence.draw(logits);
  };
  const echoed = isRead ? await likelihoods(opened, prompts, logprobs, { signal, onNext }) : [];
  return { echoed, events: events() };

  async function* events(): AsyncGenerator<SequenceEvent, void, undefined> {
    if (maxNewTokens === 0) {
      for (const sequence of sequences.keys()) yield { type: "sequence", sequence, steps: 0, finishReason: "length" };
    } else if (isDrawn) {
      for (const sequence of sequences) yield* written(sequence);
    } else yield* writeSequences(opened, sequences, signal, isPlain(steering) ? queueOf(opened.device) : null);
  }
}

/** True if recorded steps can draw its tokens, which know nothing of it. */
const isPlain = ({ presencePenalty = 0, frequencyPenalty = 0, logitBias, logprobs = null }: Steering): boolean =>
  presencePenalty === 0 && frequencyPenalty === 0 && (logitBias?.size ?? 0) === 0 && logprobs === null;

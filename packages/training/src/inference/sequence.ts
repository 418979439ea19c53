import { StreamDecoder } from "@trainer/tokenizers";
import type { Tensor } from "@trainer/torch";
import type { GenerateOptions } from "@trainer/options";
import type { WritingModel } from "./writing-model.js";
import type { Random } from "../corpus/random.js";
import { absentBias } from "./absent.js";
import { penalize } from "./repetition.js";
import { sample } from "./sample.js";
import { StopSequences } from "./stop-sequences.js";

/** Reason of a sequence's end: the end-of-text token, a stop sequence, or `maxNewTokens`. */
export type FinishReason = "eos" | "stop" | "length";

export type SequenceEvent =
  | { readonly type: "text"; readonly sequence: number; readonly text: string }
  | {
      readonly type: "sequence";
      readonly sequence: number;
      readonly steps: number;
      readonly finishReason: FinishReason;
    };

/** Writes the token that was drawn last. */
export function* written(sequence: Sequence): Generator<SequenceEvent, void, undefined> {
  const { index } = sequence;
  const text = sequence.write();
  if (text !== "") yield { type: "text", sequence: index, text };
  const { steps, finished } = sequence;
  if (finished !== null) yield { type: "sequence", sequence: index, steps, finishReason: finished };
}

/** One text while it is written: draws its tokens from random numbers of its own, and makes characters of them. */
export class Sequence {
  readonly #decoder: StreamDecoder;
  readonly #stops: StopSequences;
  readonly #seen: Set<number>;
  /** Number of ids to draw from. */
  readonly vocab: number;
  #text = "";
  #steps = 0;
  #last = 0;
  #finished: FinishReason | null = null;

  constructor(
    readonly index: number,
    private readonly opened: WritingModel,
    readonly options: GenerateOptions,
    /** The ids that it goes on from. */
    readonly prompt: readonly number[],
    readonly random: Random,
  ) {
    this.#decoder = new StreamDecoder(opened.tokenizer);
    this.#stops = new StopSequences(options.stopSequences);
    this.#seen = new Set(prompt);
    // Rows that the model has beyond the tokenizer's ids stand for nothing.
    this.vocab = Math.min(opened.model.vocabSize, opened.tokenizer.vocabSize);
  }

  /** The generated text. */
  get text(): string {
    return this.#text;
  }

  /** Tokens, without that of end of text. */
  get steps(): number {
    return this.#steps;
  }

  /** Null while it goes on. */
  get finished(): FinishReason | null {
    return this.#finished;
  }

  /** The token drawn last. */
  get last(): number {
    return this.#last;
  }

  /** Draws the next token from what the model expects, logits (V). */
  draw(logits: Tensor): void {
    const all = logits.numel === this.vocab ? logits : logits.narrow(0, 0, this.vocab);
    const bias = absentBias(this.opened.absent, this.vocab, logits.device);
    const own = bias === null ? all : all.add(bias);
    const { repetitionPenalty } = this.options;
    const weighed = repetitionPenalty === 1 ? own : penalize(own, this.#seen, repetitionPenalty);
    this.take(sample(weighed, this.options, this.random));
  }

  /** Takes the next token, drawn elsewhere. */
  take(token: number): void {
    this.#last = token;
    this.#seen.add(token);
  }

  /** Writes the token drawn; returns the text that is certain with it, which may be none. */
  write(): string {
    let piece = "";
    if (this.options.stopOnEos && this.opened.ends.has(this.#last)) this.#finished = "eos";
    else {
      this.#steps += 1;
      piece = this.#stops.push(this.#decoder.push(this.#last));
      if (this.#stops.stopped || this.#steps === this.options.maxNewTokens) this.#finished = "length";
    }
    if (this.#finished !== null) {
      piece += this.#stops.push(this.#decoder.end()) + this.#stops.end();
      if (this.#stops.stopped && this.#finished === "length") this.#finished = "stop";
    }
    this.#text += piece;
    return piece;
  }
}

import { StreamDecoder } from "@trainer/tokenizers";
import { tensor, type Tensor } from "@trainer/torch";
import type { GenerateOptions } from "@trainer/options";
import type { WritingModel } from "./writing-model.js";
import type { Random } from "../corpus/random.js";
import { absentBias } from "./absent.js";
import { expectedToken, type ExpectedToken } from "./expected-token.js";
import { penalize } from "./repetition.js";
import { sample } from "./sample.js";
import { StopSequences } from "./stop-sequences.js";

/** How a sequence is steered beside its options, and what is kept of its tokens. */
export interface Steering {
  /** Taken from the logit of each token that the sequence has written. */
  readonly presencePenalty?: number;
  /** The same for each time that it has. */
  readonly frequencyPenalty?: number;
  /** Added to the logits of these ids. */
  readonly logitBias?: ReadonlyMap<number, number>;
  /** Keeps what the model expected of each token, beside so many of the likeliest. */
  readonly logprobs?: number | null;
}

/** Reason of a sequence's end: the end-of-text token, a stop sequence, or `maxNewTokens`. */
export type FinishReason = "eos" | "stop" | "length";

/** `tokens`: what was expected of those drawn since the last event, where that is kept; after "eos" the last ended it. */
export type SequenceEvent =
  | {
      readonly type: "text";
      readonly sequence: number;
      readonly text: string;
      readonly tokens?: readonly ExpectedToken[];
    }
  | {
      readonly type: "sequence";
      readonly sequence: number;
      readonly steps: number;
      readonly finishReason: FinishReason;
      readonly tokens?: readonly ExpectedToken[];
    };

/** Writes the token that was drawn last. */
export function* written(sequence: Sequence): Generator<SequenceEvent, void, undefined> {
  const { index } = sequence;
  const text = sequence.write();
  if (text !== "") yield { type: "text", sequence: index, text, ...told(sequence.takeDrawn()) };
  const { steps, finished } = sequence;
  if (finished === null) return;
  const rest = finished === "stop" ? [] : sequence.takeDrawn(); // those of a stop sequence are no part of the text
  yield { type: "sequence", sequence: index, steps, finishReason: finished, ...told(rest) };
}

const told = (tokens: readonly ExpectedToken[]) => (tokens.length > 0 ? { tokens } : {});

/** One text while it is written: draws its tokens from random numbers of its own, and makes characters of them. */
export class Sequence {
  readonly #decoder: StreamDecoder;
  readonly #stops: StopSequences;
  readonly #seen: Set<number>;
  /** Number of ids to draw from. */
  readonly vocab: number;
  /** How often each token was written. */
  readonly #counts = new Map<number, number>();
  #drawn: ExpectedToken[] = [];
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
    private readonly steering: Steering = {},
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
    const addend = steered(this.steering, this.#counts, this.vocab);
    const steering = addend === null ? weighed : weighed.add(tensor(addend, [this.vocab], { device: logits.device }));
    this.take(sample(steering, this.options, this.random));
    const { logprobs } = this.steering;
    if (typeof logprobs === "number") this.#drawn.push(expectedToken(logits, this.#last, logprobs, this.opened));
  }

  /** Takes the next token, drawn elsewhere. */
  take(token: number): void {
    this.#last = token;
    this.#seen.add(token);
    this.#counts.set(token, (this.#counts.get(token) ?? 0) + 1);
  }

  /** What was expected of the tokens that were drawn since the last call, also of one that ended the text. */
  takeDrawn(): readonly ExpectedToken[] {
    const drawn = this.#drawn;
    this.#drawn = [];
    return drawn;
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

/** Addend for logits, as many as there are ids to draw from; null where there is nothing to add. */
function steered(
  { presencePenalty = 0, frequencyPenalty = 0, logitBias = new Map() }: Steering,
  counts: ReadonlyMap<number, number>,
  vocab: number,
): Float32Array | null {
  const isPenalized = presencePenalty !== 0 || frequencyPenalty !== 0;
  if (!isPenalized && logitBias.size === 0) return null;
  const addend = new Float32Array(vocab);
  for (const [id, bias] of logitBias) addend[id] = bias; // an id beyond them is no place of an array of floats
  for (const [id, count] of isPenalized ? counts : [])
    addend[id] = (logitBias.get(id) ?? 0) - presencePenalty - count * frequencyPenalty;
  return addend;
}

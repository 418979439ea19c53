import { setImmediate } from "node:timers/promises";
import { logitsOf, lossOfEach } from "@trainer/models";
import { codePoints, type Tokenizer } from "@trainer/tokenizers";
import { noGrad, scope, softmax, stack, tensor, type Tensor } from "@trainer/torch";
import { IGNORED } from "../bins/batch.js";
import { readTextFile } from "../corpus/read-whole-text.js";
import { TrainingError } from "../errors.js";
import { frameOf, missing, spelled } from "./begin.js";
import { fidelity, type Fidelity } from "./fidelity.js";
import { likeliestTokens } from "./likeliest-tokens.js";
import type { OpenModel } from "./open-model.js";
import { parseOptions } from "../options/parse-options.js";
import { perCharacter, type CharacterScore } from "./per-character.js";
import { ScoreOptions, type ScoreInput } from "@trainer/options";
import { tokenTexts } from "./token-texts.js";
import { alike, slidingWindows, type Window } from "./window.js";

/** Score of a text of T tokens, those around it counted. Unrequested fields are null. */
export interface Score {
  /** Mean cross entropy of the T - 1 tokens after the first, in nats; null where T < 2. */
  readonly loss: number | null;
  /** e to the loss. */
  readonly perplexity: number | null;
  /** Reason for a missing loss; null if there is one. */
  readonly reason: string | null;
  /** The T - 1 single cross entropies, in bits: entry i is token i + 1's. */
  readonly surprisal: readonly number[] | null;
  /** T lists of the likeliest next tokens with their probabilities, falling; the last looks beyond the text. */
  readonly topk: readonly (readonly (readonly [token: string, probability: number])[])[] | null;
  /** Text of each of the T tokens: concatenated they are the text. */
  readonly tokens: readonly string[] | null;
  /** Offset of each of these in the text, in characters (code points). */
  readonly offsets: readonly number[] | null;
  /** The text's characters; their bits sum to those of its tokens. */
  readonly perCharacter: readonly CharacterScore[] | null;
  /** The tokens put before and after the text, as the tokenizer spells them. */
  readonly begin: readonly string[];
  readonly end: readonly string[];
  /** Fidelity of the text's tokens. */
  readonly fidelity: Fidelity;
}

/** The most logits held at once, in numbers: 64 MB of them. */
const LOGITS = 1 << 24;
/** Tokens that are read at a time. */
const TOKENS = 4096;
/** The most successors that a score lists, all tokens together: a gigabyte of them. */
const LISTED = 1 << 23;

/**
 * Scores a text. One longer than the context is read in windows that overlap by half, so that every token is predicted
 * once and, beyond the first window, from at least half a context (or what `stride` leaves of one). The begin and end
 * tokens of the tokenizer's template surround it, unless `bos` says otherwise. Throws INVALID_INPUT unless there is
 * exactly one of text and path, and for more alternatives than can be listed; the CorpusError of `readTextFile` for a
 * file that cannot be read.
 */
export async function score(opened: OpenModel, input: ScoreInput, signal?: AbortSignal): Promise<Score> {
  const options = parseOptions(ScoreOptions, input, "the scoring");
  const { tokenizer, contextLength } = opened;
  const { specialTokens } = options;
  const text = await textOf(options);
  const encoded = tokenizer.encodeWithOffsets(text, { specialTokens });
  const frame = missing(encoded.ids, frameOf(opened, options.bos));
  const ids = Int32Array.from([...frame.before, ...encoded.ids, ...frame.after]);
  const about = { ...spelled(opened, frame), fidelity: fidelity(text, encoded, tokenizer, { specialTokens }) };
  if (ids.length < 2) return { ...NOTHING, reason: tooShort(ids.length), ...about };

  const { topK: k } = options;
  const positions = k === null ? ids.length - 1 : ids.length; // what follows the last token has no loss
  if (k !== null) refuseLongList(positions, Math.min(k, tokenizer.vocabSize));
  const nats = new Float64Array(positions);
  const topk: (readonly [string, number])[][] = [];
  const windows = slidingWindows(positions, contextLength, options.stride ?? undefined);
  for (const group of alike(windows, Math.max(1, Math.floor(TOKENS / contextLength)))) {
    signal?.throwIfAborted();
    const rows = scoreWindows(opened, ids, group, k);
    nats.set(rows.nats, group[0]?.from);
    topk.push(
      ...rows.topk.map((row) => row.map(({ id, probability }) => [textOfId(tokenizer, id), probability] as const)),
    );
    await setImmediate();
  }
  const known = nats.subarray(0, ids.length - 1);
  const loss = known.reduce((total, n) => total + n, 0) / known.length;
  const figures = { loss, perplexity: Math.exp(loss), reason: null, topk: k === null ? null : topk };
  if (options.detailLevel === "summary") return { ...NOTHING, ...figures, ...about };

  const surprisal = Array.from(known, (n) => n / Math.LN2);
  const around = (side: readonly number[], offset: number) => side.map(() => ({ text: "", offset }));
  const parts = [...around(frame.before, 0), ...tokenTexts(text, encoded), ...around(frame.after, codePoints(text))];
  const ofText = [null, ...surprisal].slice(frame.before.length);
  return {
    ...figures,
    ...about,
    surprisal,
    tokens: parts.map((part) => part.text),
    offsets: parts.map(({ offset }) => offset),
    perCharacter: perCharacter(text, encoded, ofText),
  };
}

function refuseLongList(tokens: number, k: number): void {
  if (tokens * k <= LISTED) return;
  throw invalid(
    `the ${k} likeliest after each of ${tokens} tokens are ${tokens * k}, and at most ${LISTED} are listed: ` +
      "ask for fewer, or score the text in parts",
  );
}

const NOTHING = {
  loss: null,
  perplexity: null,
  surprisal: null,
  topk: null,
  tokens: null,
  offsets: null,
  perCharacter: null,
} as const;

const tooShort = (tokens: number) =>
  `there is nothing to score: the text has ${tokens === 0 ? "no token" : "one token"}, and at least two are needed, one to foresee the other from`;

/** Text of a token in the middle of a text; empty for special ones. */
const textOfId = (tokenizer: Tokenizer, id: number): string =>
  tokenizer.isSpecial(id) ? "" : new TextDecoder("utf-8", { ignoreBOM: true }).decode(tokenizer.tokenBytes(id));

async function textOf({ text, path }: ScoreOptions): Promise<string> {
  if (text !== null && path !== null) throw invalid("text and path are mutually exclusive");
  if (text !== null) return text;
  if (path === null) throw invalid("either text or path must be provided");
  return (await readTextFile(path)).text;
}

const invalid = (message: string) => new TrainingError("INVALID_INPUT", message);

interface Rows {
  /** 0 where the text has no next token. */
  readonly nats: Float32Array;
  readonly topk: { readonly id: number; readonly probability: number }[][];
}

/** Cross entropies and likeliest successors at the positions that count of windows of one shape, in the text's order. */
export function scoreWindows(opened: OpenModel, ids: Int32Array, windows: readonly Window[], k: number | null): Rows {
  const { model } = opened;
  return scope(() =>
    noGrad(() => {
      const int64 = { dtype: "int64", device: model.params.device } as const;
      const rows = (each: (window: Window) => Int32Array) =>
        stack(
          windows.map((w) => tensor(each(w), undefined, int64)),
          0,
        );
      const hidden = model.hidden(
        rows(({ start, end }) => ids.subarray(start, end)),
        { training: false },
      ); // (B, T, C)
      const targets = rows(({ from, end }) => following(ids, from, end)).flatten(); // (B n)
      const count = targets.numel / windows.length;
      const counted = hidden.narrow(1, hidden.size(1) - count, count).flatten(0, 1); // (B n, C)
      const nats = lossOfEach(model, counted, targets).to("float32").data();
      const topk = k === null ? [] : successors(opened, counted, k);
      return { nats: Float32Array.from(nats, Number), topk };
    }),
  );
}

/** The ids that follow positions [from, end). */
function following(ids: Int32Array, from: number, end: number): Int32Array {
  const next = new Int32Array(end - from).fill(IGNORED);
  next.set(ids.subarray(from + 1, end + 1));
  return next;
}

/**
 * The k likeliest successors of each hidden state (N, C), with logits made some rows at a time. Rows that the model has
 * beyond the tokenizer's ids, and ids that stand for nothing, have their part of the probability and are not listed.
 */
function successors(opened: OpenModel, hidden: Tensor, k: number): Rows["topk"] {
  const { model } = opened;
  const step = Math.max(1, Math.floor(LOGITS / model.vocabSize));
  const starts = Array.from({ length: Math.ceil(hidden.size(0) / step) }, (_, i) => i * step);
  return starts.flatMap((row) =>
    scope(() => {
      const logits = logitsOf(model, hidden.narrow(0, row, Math.min(step, hidden.size(0) - row))).to("float32");
      const ranked = likeliestTokens(softmax(logits, -1), k, opened);
      return ranked.map((each) => each.map(({ id, score }) => ({ id, probability: score })));
    }),
  );
}

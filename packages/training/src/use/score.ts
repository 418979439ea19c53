import { readFile } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { logitsOf, lossOfEach } from "@trainer/models";
import { noGrad, scope, softmax, stack, tensor, type Tensor } from "@trainer/torch";
import { IGNORED } from "../bins/batch-loader.js";
import { refuse } from "../corpus/find-files.js";
import { TrainingError } from "../errors.js";
import type { OpenModel } from "./open-model.js";
import { parseOptions } from "./parse-options.js";
import { perCharacter, type CharacterScore } from "./per-character.js";
import { ScoreOptions, type ScoreInput } from "./score-options.js";
import { alike, slidingWindows, type Window } from "./window.js";

/** How well a model foresaw a text of T tokens. What was not asked for, and all but the loss of T < 2, is null. */
export interface Score {
  /** Mean cross entropy of the T - 1 tokens after the first, in nats. */
  readonly loss: number;
  /** e to the loss. */
  readonly perplexity: number;
  /** The T - 1 single cross entropies, in bits: entry i is token i + 1's. */
  readonly surprisal: readonly number[] | null;
  /** T lists of the likeliest next tokens with their probabilities, falling; the last looks beyond the text. */
  readonly topk: readonly (readonly (readonly [token: string, probability: number])[])[] | null;
  /** The T tokens as text, special ones empty. */
  readonly tokens: readonly string[] | null;
  /** The text's characters; their bits sum to those of `surprisal`. */
  readonly perCharacter: readonly CharacterScore[] | null;
}

/** The most logits held at once, in numbers: 64 MB of them. */
const LOGITS = 1 << 24;
/** Tokens that are read at a time. */
const TOKENS = 4096;

/**
 * Scores a text. One longer than the context is read in windows that overlap by half, so that every token is predicted
 * once and, beyond the first window, from at least half a context (or what `stride` leaves of one). Throws INVALID_INPUT unless there is exactly one of
 * text and path, CORPUS_NOT_FOUND or CORPUS_UNREADABLE for a file that cannot be read.
 */
export async function score(opened: OpenModel, input: ScoreInput, signal?: AbortSignal): Promise<Score> {
  const options = parseOptions(ScoreOptions, input, "the scoring");
  const { model, tokenizer, contextLength } = opened;
  const text = await textOf(options);
  const detailed = options.detailLevel === "per_char";
  const encoded = detailed ? tokenizer.encodeWithOffsets(text) : null;
  const ids = encoded?.ids ?? tokenizer.encode(text);
  if (ids.length < 2) return { loss: 0, perplexity: 1, surprisal: null, topk: null, tokens: null, perCharacter: null };
  const decode = (id: number) => tokenizer.decode([id], { skipSpecial: true });
  const k = options.topK === null ? null : Math.min(options.topK, model.vocabSize);

  const positions = k === null ? ids.length - 1 : ids.length; // what follows the last token has no loss
  const nats = new Float64Array(positions);
  const topk: (readonly [string, number])[][] = [];
  const windows = slidingWindows(positions, contextLength, options.stride ?? undefined);
  for (const group of alike(windows, Math.max(1, Math.floor(TOKENS / contextLength)))) {
    signal?.throwIfAborted();
    const rows = scoreWindows(opened, ids, group, k);
    nats.set(rows.nats, group[0]?.from);
    topk.push(...rows.topk.map((row) => row.map(({ id, probability }) => [decode(id), probability] as const)));
    await setImmediate();
  }
  const known = nats.subarray(0, ids.length - 1);
  const loss = known.reduce((total, n) => total + n, 0) / known.length;
  const bits = detailed ? Array.from(known, (n) => n / Math.LN2) : [];
  return {
    loss,
    perplexity: Math.exp(loss),
    surprisal: detailed ? bits : null,
    topk: k === null ? null : topk,
    tokens: detailed ? Array.from(ids, decode) : null,
    perCharacter: encoded === null ? null : perCharacter(text, encoded, bits),
  };
}

async function textOf({ text, path }: ScoreOptions): Promise<string> {
  if (text !== null && path !== null) throw invalid("text and path are mutually exclusive");
  if (text !== null) return text;
  if (path === null) throw invalid("either text or path must be provided");
  const bytes = await readFile(path).catch((error: unknown) => refuse(path, error));
  return new TextDecoder().decode(bytes);
}

const invalid = (message: string) => new TrainingError("INVALID_INPUT", "USER_INPUT", message);

interface Rows {
  /** 0 where the text has no next token. */
  readonly nats: Float32Array;
  readonly topk: { readonly id: number; readonly probability: number }[][];
}

/** Cross entropies and likeliest successors at the positions that count of windows of one shape, in the text's order. */
function scoreWindows({ model }: OpenModel, ids: Int32Array, windows: readonly Window[], k: number | null): Rows {
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
      const topk = k === null ? [] : successors(model, counted, k);
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

/** The k likeliest successors of each hidden state (N, C), with logits made some rows at a time. */
function successors(model: OpenModel["model"], hidden: Tensor, k: number): Rows["topk"] {
  const step = Math.max(1, Math.floor(LOGITS / model.vocabSize));
  const starts = Array.from({ length: Math.ceil(hidden.size(0) / step) }, (_, i) => i * step);
  return starts.flatMap((row) =>
    scope(() => {
      const logits = logitsOf(model, hidden.narrow(0, row, Math.min(step, hidden.size(0) - row))).to("float32");
      return likeliest(softmax(logits, -1), k);
    }),
  );
}

/** The k largest of each row of probabilities (N, V), falling. */
function likeliest(probabilities: Tensor, k: number): Rows["topk"] {
  const [values, indices] = probabilities.topk(k);
  const ids = Array.from(indices.data(), Number).values();
  const flat = Array.from(values.data(), Number).map((probability) => ({ id: Number(ids.next().value), probability }));
  return Array.from({ length: probabilities.size(0) }, (_, row) => flat.slice(row * k, (row + 1) * k));
}

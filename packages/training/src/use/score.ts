import { readFile } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { logitsOf } from "@trainer/models";
import { noGrad, scope, softmax, tensor, type Tensor } from "@trainer/torch";
import { refuse } from "../corpus/find-files.js";
import { TrainingError } from "../errors.js";
import type { OpenModel } from "./open-model.js";
import { parseOptions } from "./parse-options.js";
import { perCharacter, type CharacterScore } from "./per-character.js";
import { ScoreOptions, type ScoreInput } from "./score-options.js";
import { slidingWindows, type Window } from "./window.js";

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

  const nats: number[] = [];
  const topk: (readonly [string, number])[][] = [];
  const positions = k === null ? ids.length - 1 : ids.length; // what follows the last token has no loss
  for (const window of slidingWindows(positions, contextLength, options.stride ?? undefined)) {
    signal?.throwIfAborted();
    const rows = scoreWindow(opened, ids, window, k);
    nats.push(...rows.nats);
    topk.push(...rows.topk.map((row) => row.map(({ id, probability }) => [decode(id), probability] as const)));
    await setImmediate();
  }
  const loss = nats.reduce((total, n) => total + n, 0) / nats.length;
  const bits = nats.map((n) => n / Math.LN2);
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
  readonly nats: number[];
  readonly topk: { readonly id: number; readonly probability: number }[][];
}

/** Cross entropies and likeliest successors at the positions of a window that count. */
function scoreWindow({ model }: OpenModel, ids: Int32Array, { start, from, end }: Window, k: number | null): Rows {
  const nats: number[] = [];
  const topk: Rows["topk"] = [];
  const int64 = { dtype: "int64", device: model.head.device } as const;
  const step = Math.max(1, Math.floor(LOGITS / model.vocabSize));
  scope(() =>
    noGrad(() => {
      const input = tensor(ids.subarray(start, end), [1, end - start], int64);
      const hidden = model.hidden(input, { training: false }).select(0, 0); // (T, C)
      for (let row = from; row < end; row += step) {
        const last = Math.min(row + step, end);
        scope(() => {
          const logits = logitsOf(model, hidden.narrow(0, row - start, last - row)).to("float32"); // (rows, V)
          const targets = ids.subarray(row + 1, last + 1);
          if (targets.length > 0) nats.push(...crossEntropies(logits.narrow(0, 0, targets.length), targets));
          if (k !== null) topk.push(...likeliest(softmax(logits, -1), k));
        });
      }
    }),
  );
  return { nats, topk };
}

/** -log p(target) of each row of logits (N, V), in nats. */
function crossEntropies(logits: Tensor, targets: Int32Array): Float64Array {
  const column = tensor(targets, [targets.length, 1], { dtype: "int64", device: logits.device });
  return Float64Array.from(logits.logSoftmax(-1).gather(-1, column).neg().data(), Number);
}

/** The k largest of each row of probabilities (N, V), falling. */
function likeliest(probabilities: Tensor, k: number): Rows["topk"] {
  const [values, indices] = probabilities.topk(k);
  const ids = Array.from(indices.data(), Number).values();
  const flat = Array.from(values.data(), Number).map((probability) => ({ id: Number(ids.next().value), probability }));
  return Array.from({ length: probabilities.size(0) }, (_, row) => flat.slice(row * k, (row + 1) * k));
}

import type { Tokenizer } from "@trainer/tokenizers";
import { fromFile, keep, scope, tensor, type Device, type Tensor } from "@trainer/torch";
import { documentNumbers, IGNORED, type Batch } from "../bins/batch.js";
import { HEADER_BYTES, idBytes } from "../bins/bin-format.js";
import { MASK } from "../bins/mask.js";
import type { Lengths } from "../bins/lengths.js";
import { textStatistics } from "../bins/text-statistics.js";
import type { TokenBin } from "../bins/token-bin.js";
import { conversationNumbers, TokenMask } from "../bins/token-mask.js";
import { sampleWindows, windowAt, windowCount, type Window } from "../bins/windows.js";
import type { EvaluationData } from "./evaluate-split.js";

export interface EvaluationOptions {
  /** Tokens that a model reads at once. */
  readonly context: number;
  /** Number of targets of each window but the first: those after its overlap with the one before. */
  readonly stride: number;
  readonly batchSize: number;
  /** About how many targets are drawn, in whole windows; 0: all. */
  readonly evalTokens: number;
  /** Seed of the draw. */
  readonly seed: number;
  /** The id that ends a document, where batches are to say which document each token is of. */
  readonly documentEnd: number | null;
  readonly device: Device;
}

/** The evaluated part of a token bin. */
export interface PlannedEvaluation {
  /** Number of predicted tokens. */
  readonly targets: number;
  readonly batches: number;
  /** True if those are a part of all. */
  readonly sampled: boolean;
  /** UTF-8 bytes and characters of the text; of a sample those of its targets. */
  readonly bytes: number;
  readonly characters: number;
  readonly documentLengths: Lengths | null;
  /** Reads it from the beginning, any number of times. */
  open(): EvaluationData & Disposable;
}

/** Plans the evaluation of several token bins: where tokens are drawn, of each an equal part of them. */
export async function planTexts(
  bins: readonly TokenBin[],
  tokenizer: Tokenizer,
  { evalTokens, ...options }: EvaluationOptions,
): Promise<PlannedEvaluation[]> {
  const each = Math.ceil(evalTokens / bins.length);
  const planned: PlannedEvaluation[] = [];
  for (const bin of bins) planned.push(await planEvaluation(bin, tokenizer, { ...options, evalTokens: each }));
  return planned;
}

/** Plans the evaluation of a token bin in windows, in the order of the text: no token is a target twice. */
export async function planEvaluation(
  bin: TokenBin,
  tokenizer: Tokenizer,
  options: EvaluationOptions,
): Promise<PlannedEvaluation> {
  const { evalTokens, seed } = options;
  const cut = { tokens: bin.tokens, context: options.context, stride: Math.min(options.stride, options.context) };
  const windows = sampleWindows(cut, evalTokens, seed).map((i) => windowAt(i, cut));
  const sampled = windows.length < windowCount(cut);
  const { targets, documentLengths, ...text } = await textStatistics(bin, tokenizer, windows);
  // Where windows are not those that conversations were packed for, drawn ones may have no answer.
  if (targets === 0 && sampled) return await planEvaluation(bin, tokenizer, { ...options, evalTokens: 0 });
  const isWhole = !sampled && bin.mask === undefined;
  const comesBack = bin.measured?.loss.bytes === 0;
  return {
    targets,
    batches: Math.ceil(windows.length / options.batchSize),
    sampled,
    bytes: isWhole ? bin.bytes : Math.round(text.bytes),
    characters: isWhole ? (bin.measured?.characters ?? text.characters) : Math.round(text.characters),
    documentLengths,
    open: () => openWindows(bin, windows, comesBack && text.bytes > 0 ? text : null, options),
  };
}

/** Windows over a memory-mapped bin as batches. */
function openWindows(
  bin: TokenBin,
  windows: readonly Window[],
  text: EvaluationData["text"],
  { context, batchSize, documentEnd, device }: EvaluationOptions,
): EvaluationData & Disposable {
  const header = HEADER_BYTES / idBytes(bin.dtype);
  const stream = scope(() =>
    keep(fromFile(bin.path, { dtype: bin.dtype, size: header + bin.tokens }).narrow(0, header, bin.tokens)),
  );
  const mask = bin.mask === undefined ? null : new TokenMask(bin.mask, bin.tokens);
  let taken = 0;

  function next(): Batch {
    const rows = windows.slice(taken, taken + batchSize);
    const shape = [rows.length, context];
    const inputs = new BigInt64Array(rows.length * context); // what is not filled is 0: its targets do not count
    const targets = new BigInt64Array(rows.length * context).fill(BigInt(IGNORED));
    let tokens = 0;
    for (const [row, { start, from, to }] of rows.entries()) {
      const ids = scope(() =>
        BigInt64Array.from(
          stream
            .narrow(0, start, to - start)
            .to("int64")
            .data(),
          BigInt,
        ),
      );
      inputs.set(ids.subarray(0, -1), row * context);
      targets.set(ids.subarray(from - start), row * context + from - start - 1);
      const flags = mask?.flags(from, to) ?? null;
      for (const [i, flag] of flags?.entries() ?? [])
        if (flag !== MASK.learnt) targets[row * context + from - start - 1 + i] = BigInt(IGNORED);
      tokens += flags?.filter((flag) => flag === MASK.learnt).length ?? to - from;
    }
    taken += rows.length;
    const ids = tensor(inputs, shape, { device });
    const documents = documentEnd === null ? {} : { documents: numbers(ids, rows, documentEnd) };
    return { inputs: ids, targets: tensor(targets, shape, { device }), ...documents, tokens };
  }
  const numbers = (ids: Tensor, rows: readonly Window[], end: number): Tensor =>
    scope(() => {
      if (mask === null) return documentNumbers(ids, end);
      const starts = rows.map(({ start }) => start);
      return conversationNumbers(mask.rows(starts, context)).to(device);
    });
  const batches = Math.ceil(windows.length / batchSize);
  return {
    batches,
    text,
    next,
    [Symbol.dispose]() {
      stream.dispose();
      mask?.[Symbol.dispose]();
    },
  };
}

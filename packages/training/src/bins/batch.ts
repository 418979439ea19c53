import { scope, sendTo, stack, tensor, type Device, type Tensor } from "@trainer/torch";
import { MASK } from "./mask.js";
import { conversationNumbers } from "./token-mask.js";

/** Place of what a teacher makes of one row, where it is kept. */
export interface AnswerPlace {
  /** Null for what was not asked yet, or is damaged. */
  read(): Uint8Array | null;
  write(answer: Uint8Array): void;
}

export interface Batch {
  readonly inputs: Tensor; // (B, T) int64
  readonly targets: Tensor; // (B, T) int64: the id after each input, -100 where there is none
  /** (B, T) int64: the number of each token's document in its row, from 0; undefined unless requested. */
  readonly documents?: Tensor | undefined;
  /** Targets that count. */
  readonly tokens: number;
  /** Pairs of answers, where it is of such: the first half of its rows are the chosen ones. */
  readonly pairs?: number;
  /** (B) float32: what a reference model makes of each row; undefined unless there is one. */
  readonly reference?: Tensor | undefined;
  /** Of each row, where a teacher's answers are kept. */
  readonly answers?: readonly AnswerPlace[];
}

/** A batch's part in a mean over several is by this: by its pairs, else by its targets. */
export const weightOf = ({ pairs, tokens }: Pick<Batch, "pairs" | "tokens">): number => pairs ?? tokens;

export const IGNORED = -100;

/** A row of a batch: a chunk of a token stream. */
export interface Row {
  /** The inputs and the target of the last one, padded past the stream's end. */
  readonly ids: Tensor; // (T + 1)
  /** What of them is learnt; null: all of it. */
  readonly flags: Tensor | null; // (T + 1) uint8
  /** Number of targets that are in the stream. */
  readonly valid: number;
  /** What a reference model makes of it, where batches are to tell that. */
  readonly reference?: number | undefined;
  readonly answer?: AnswerPlace | undefined;
}

export interface BatchOptions {
  readonly seqLen: number;
  /** The id that ends a document, where batches are to say which document each token is of. */
  readonly documentEnd?: number | null;
  /** True of a bin of pairs: a batch has so many pairs, its chosen answers first, no longer than the longest of them. */
  readonly pairs?: boolean;
  /** Device of the batches, "cpu" by default. */
  readonly device?: Device;
}

/** A batch of rows; of a bin with a mask only learnt tokens are targets. The rows are of bins with a mask, or of such without. */
export function batchOf(makeRows: () => readonly Row[], options: BatchOptions): Batch {
  const { seqLen, device = "cpu", documentEnd = null } = options;
  let tokens = 0;
  let answers: readonly AnswerPlace[] = [];
  const tensors = scope((): Tensors => {
    const rows = makeRows();
    answers = rows.flatMap((row) => row.answer ?? []);
    const ids = stack(rows.map((row) => row.ids)).to("int64"); // (B, T + 1)
    const inputs = ids.narrow(1, 0, seqLen).contiguous();
    // A copy: of a single row the inputs are a view of the same memory, and targets are written to below.
    let targets = ids.narrow(1, 1, seqLen).clone();
    for (const [row, { valid }] of rows.entries()) {
      if (valid < seqLen)
        targets
          .select(0, row)
          .narrow(0, valid, seqLen - valid)
          .fill_(IGNORED);
      tokens += valid;
    }
    const masks = rows.flatMap((row) => row.flags ?? []);
    const flags = masks.length === 0 ? null : stack(masks); // (B, T + 1)
    if (flags !== null) {
      const learnt = flags.narrow(1, 1, seqLen).eq(MASK.learnt);
      targets = targets.maskedFill(learnt.logicalNot(), IGNORED);
      tokens = learnt.sum().item();
    }
    if (flags !== null && options.pairs === true) {
      const length = flags.narrow(1, 0, seqLen).ne(MASK.padding).sum(1).max().item() - 1;
      const short = (t: Tensor) => t.narrow(1, 0, length).contiguous();
      const known = rows.flatMap((row) => row.reference ?? []);
      const reference = known.length === 0 ? {} : { reference: tensor(Float32Array.from(known), [known.length]) };
      return mapped({ inputs: short(inputs), targets: short(targets), ...reference }, (t) => sendTo(t, device));
    }
    if (documentEnd === null) return mapped({ inputs, targets }, (t) => sendTo(t, device));
    const documents =
      flags === null ? documentNumbers(inputs, documentEnd) : conversationNumbers(flags.narrow(1, 0, seqLen));
    return mapped({ inputs, targets, documents }, (t) => sendTo(t, device));
  });
  return { ...tensors, tokens, ...(answers.length > 0 && { answers }) };
}

/** The same batch with each tensor `t` as `f(t)`. */
export function mapped<B extends Tensors>(batch: B, f: (t: Tensor) => Tensor): B {
  const documents = batch.documents === undefined ? {} : { documents: f(batch.documents) };
  const reference = batch.reference === undefined ? {} : { reference: f(batch.reference) };
  return { ...batch, inputs: f(batch.inputs), targets: f(batch.targets), ...documents, ...reference };
}

type Tensors = Pick<Batch, "inputs" | "targets" | "documents" | "reference">;

export function release({ inputs, targets, documents, reference }: Batch): void {
  for (const t of [inputs, targets, documents, reference]) t?.dispose();
}

/**
 * Number of documents that have ended before each token: the token that ends one belongs to it. (B, T) int64 -> (B, T)
 * int64
 */
export function documentNumbers(ids: Tensor, end: number): Tensor {
  const ends = ids.eq(end).to("int64");
  return ends.cumsum(1).sub(ends);
}

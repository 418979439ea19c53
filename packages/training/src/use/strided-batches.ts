import { fromFile, keep, scope, tensor, type Device } from "@trainer/torch";
import { documentNumbers, IGNORED, type Batch } from "../bins/batch-loader.js";
import { HEADER_BYTES, idBytes } from "../bins/bin-format.js";
import type { TokenBin } from "../bins/token-bin.js";
import type { EvaluationData } from "../run/evaluate-split.js";

export interface StridedOptions {
  readonly context: number;
  /** How many targets each window but the first counts: those after what it shares with the one before. */
  readonly stride: number;
  readonly batchSize: number;
  /** The id that ends a document, where batches are to say which document each token is of. */
  readonly documentEnd: number | null;
  readonly device: Device;
}

/** A token bin as windows that overlap, in the order of the text: every token but the first is a target once. */
export function stridedBatches(bin: TokenBin, options: StridedOptions): EvaluationData & Disposable {
  const { context, batchSize, documentEnd, device } = options;
  const stride = Math.min(options.stride, context);
  const header = HEADER_BYTES / idBytes(bin.dtype);
  const positions = bin.tokens - 1; // inputs that have a target
  const windows = 1 + Math.max(0, Math.ceil((positions - context) / stride));
  const stream = scope(() =>
    keep(fromFile(bin.path, { dtype: bin.dtype, size: header + bin.tokens }).narrow(0, header, bin.tokens)),
  );
  let taken = 0;

  function next(): Batch {
    const rows = Math.min(batchSize, windows - taken);
    const inputs = new BigInt64Array(rows * context); // what is not filled is 0: its targets do not count
    const targets = new BigInt64Array(rows * context).fill(BigInt(IGNORED));
    let tokens = 0;
    for (let row = 0; row < rows; row += 1) {
      const window = taken + row;
      const start = window * stride;
      const length = Math.min(context, positions - start);
      const shared = window === 0 ? 0 : context - stride;
      const text = scope(() =>
        BigInt64Array.from(
          stream
            .narrow(0, start, length + 1)
            .to("int64")
            .data(),
          BigInt,
        ),
      );
      inputs.set(text.subarray(0, length), row * context);
      targets.set(text.subarray(shared + 1), row * context + shared);
      tokens += length - shared;
    }
    taken += rows;
    const ids = tensor(inputs, [rows, context], { device });
    const documents = documentEnd === null ? {} : { documents: scope(() => documentNumbers(ids, documentEnd)) };
    return { inputs: ids, targets: tensor(targets, [rows, context], { device }), ...documents, tokens };
  }
  return {
    batches: Math.ceil(windows / batchSize),
    bytes: bin.bytes,
    next,
    [Symbol.dispose]: () => stream.dispose(),
  };
}

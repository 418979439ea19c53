import type { Batch } from "../bins/batch.js";

/** Parts of a sequence at first: an eighth of its length is read. */
const MOST = 8;

/**
 * Number of equal sequences that each of a batch is cut into at a step, counted from 1 (0 is as 1): 8, then 4, then 2 over equal parts
 * of `warmupSteps`, after them 1. Shorter sequences first make large learning rates bearable (Li et al. 2022), and cost
 * less attention; the tokens of a step are the same. Where they do not divide a length of `seqLen` they are fewer.
 */
export function sequencePieces(step: number, warmupSteps: number, seqLen: number): number {
  if (step > warmupSteps || warmupSteps === 0) return 1;
  const stage = Math.max(1, Math.ceil((3 * step) / warmupSteps));
  let pieces = MOST / 2 ** (stage - 1);
  while (seqLen % pieces !== 0) pieces /= 2;
  return pieces;
}

/** The batch with its sequences cut into so many each: (B, T) -> (B · pieces, T / pieces). Of pieces no answers are kept. */
export function inPieces(batch: Batch, pieces: number): Batch {
  if (pieces === 1) return batch;
  const { inputs, targets, documents, tokens } = batch;
  const shape = [-1, inputs.size(1) / pieces];
  const cut = { inputs: inputs.reshape(shape), targets: targets.reshape(shape), tokens };
  return documents === undefined ? cut : { ...cut, documents: documents.reshape(shape) };
}

import { fromBits, sendTo, tensor, type Device, type Tensor } from "@trainer/torch";
import { binDType, idBytes } from "../bins/bin-format.js";

/** What a teacher expects at each of n places. */
export interface Answers {
  /** Its likeliest tokens. */
  readonly ids: Tensor; // (n, k) int64
  /** Log-probabilities of these, and where there are others of all of them together. */
  readonly logProbs: Tensor; // (n, k) or (n, k + 1) float32
}

/** Dimensions of the answers that are kept of a sequence. */
export interface AnswerShape {
  /** Places of a sequence. */
  readonly seqLen: number;
  /** Likeliest tokens of a place. */
  readonly k: number;
  /** Tokens that are compared. */
  readonly vocabulary: number;
}

/** Tokens that are told apart, of so many; 0: all. */
export const toldApart = (topK: number, vocabulary: number): number =>
  topK === 0 ? vocabulary : Math.min(topK, vocabulary);

const outcomesOf = ({ k, vocabulary }: Omit<AnswerShape, "seqLen">): number => (k === vocabulary ? k : k + 1);

/** Bytes of a sequence's answers: ids as in bins, then float16. */
export const answerBytes = (shape: AnswerShape): number =>
  shape.seqLen * (shape.k * idBytes(binDType(shape.vocabulary)) + 2 * outcomesOf(shape));

/** Lowest finite float16: e to it is 0. */
const LOWEST = -65_504;

/** Answers as they are kept: all ids, then all log-probabilities, little-endian. */
export function encodeAnswers({ ids, logProbs }: Answers, vocabulary: number): Uint8Array {
  const parts = [ids.to("cpu").to(binDType(vocabulary)), logProbs.clamp(LOWEST).to("float16")].map((t) => t.data());
  return Buffer.concat(parts.map(({ buffer }) => new Uint8Array(buffer)));
}

/** Answers that were kept of sequences, each as `encodeAnswers` made it; their probabilities add up to 1 again. */
export function decodeAnswers(
  kept: readonly Uint8Array[],
  { seqLen, k, vocabulary }: AnswerShape,
  device: Device,
): Answers {
  const n = kept.length * seqLen;
  const dtype = binDType(vocabulary);
  const idsEnd = seqLen * k * idBytes(dtype);
  const joined = (from: number, to?: number) =>
    new Uint8Array(Buffer.concat(kept.map((bytes) => bytes.subarray(from, to)))).buffer;
  const ids = joined(0, idsEnd);
  const array = dtype === "uint16" ? new Uint16Array(ids) : new Uint32Array(ids);
  const rounded = fromBits(new Uint16Array(joined(idsEnd)), [n, outcomesOf({ k, vocabulary })], "float16");
  return {
    ids: sendTo(tensor(array, [n, k]), device).to("int64"),
    logProbs: sendTo(rounded, device).to("float32").logSoftmax(1),
  };
}

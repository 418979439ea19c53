import { EXTREMES, type Edit } from "./fuzz-random.js";

const split = (bytes: Buffer, ...at: readonly number[]): Buffer[] =>
  [0, ...at].map((from, i) => bytes.subarray(from, [...at, bytes.length][i]));

/** Edits of any file. */
export const byteEdits: Readonly<Record<string, Edit<Buffer>>> = {
  "bits flipped"(bytes, r) {
    const copy = Buffer.from(bytes);
    for (let i = r.below(8); i >= 0; i--) {
      const at = r.below(bytes.length + 1);
      copy[at] = (copy[at] ?? 0) ^ (1 << r.below(8));
    }
    return copy;
  },
  "cut off": (bytes, r) => bytes.subarray(0, r.below(bytes.length + 1)),
  "part taken out"(bytes, r) {
    const [before, , after] = split(bytes, ...r.part(bytes.length));
    return Buffer.concat([before, after].flatMap((piece) => piece ?? []));
  },
  "part doubled"(bytes, r) {
    const [before, part, after] = split(bytes, ...r.part(bytes.length));
    return Buffer.concat([before, part, part, after].flatMap((piece) => piece ?? []));
  },
  "parts swapped"(bytes, r) {
    const at = [...r.part(bytes.length), ...r.part(bytes.length)].toSorted((a, b) => a - b);
    const [a, b, c, d, e] = split(bytes, ...at);
    return Buffer.concat([a, d, c, b, e].flatMap((piece) => piece ?? []));
  },
  "spliced with another"(bytes, r, others) {
    const other = r.pick(others);
    return Buffer.concat([bytes.subarray(0, r.below(bytes.length + 1)), other.subarray(r.below(other.length + 1))]);
  },
  "binary number replaced"(bytes, r) {
    const copy = Buffer.from(bytes);
    const number = Buffer.alloc(8);
    number.writeBigInt64LE(r.pick([0n, -1n, 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 62n]));
    number.copy(copy, r.below(bytes.length + 1), 0, r.pick([1, 2, 4, 8]));
    return copy;
  },
  "written number replaced"(bytes, r) {
    const text = bytes.toString("latin1");
    const numbers = [...text.matchAll(/\d+/g)];
    if (numbers.length === 0) return bytes;
    const { index, 0: digits } = r.pick(numbers);
    return Buffer.from(text.slice(0, index) + r.pick(EXTREMES) + text.slice(index + digits.length), "latin1");
  },
  "byte repeated"(bytes, r) {
    const [before = bytes, after = bytes] = split(bytes, r.below(bytes.length + 1));
    return Buffer.concat([before, Buffer.alloc(2 ** r.below(20), before.at(-1) ?? 0), after]);
  },
};

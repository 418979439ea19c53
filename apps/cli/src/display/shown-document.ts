import type { ShownDocument } from "@trainer/training";
import { formatBytes, formatCount, formatShare } from "./quantity.js";

/** A document in JSON: where it is, and its first characters. */
export const documentJson = ({ path, number, start }: ShownDocument) => ({ path, document: number, start });

/** The same in a line. */
export const documentLine = ({ path, number, start }: ShownDocument) =>
  `${path}, document ${formatCount(number)}: ${start}`;

interface Amount {
  readonly documents: number;
  readonly bytes: number;
}

/** Documents of a text, their bytes, and the share of its bytes. */
export const amountOf = (part: Amount, whole: Amount): string =>
  `${formatCount(part.documents)}, ${formatBytes(part.bytes)} (${formatShare(part.bytes, whole.bytes)})`;

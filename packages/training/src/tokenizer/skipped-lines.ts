import type { SkippedLines as Skipped } from "@trainer/tokenizers";
import { z } from "zod";

const count = z.int().min(0);

/** Lines that a tokenizer did not learn from, by the names that files have. */
export const SkippedLines = z.looseObject({
  bytes: count,
  max_sentence_length: count,
  too_long: count,
  too_long_bytes: count,
  reserved: count,
  reserved_bytes: count,
});
export type SkippedLines = z.infer<typeof SkippedLines>;

export const toSkippedLines = (s: Skipped): SkippedLines => ({
  bytes: s.bytes,
  max_sentence_length: s.maxSentenceLength,
  too_long: s.tooLong,
  too_long_bytes: s.tooLongBytes,
  reserved: s.reserved,
  reserved_bytes: s.reservedBytes,
});

/** Warning about them; null if there are none. `flag`: name of the limit's option, if it has one. */
export function skippedWarning(skipped: SkippedLines | undefined, flag: string): string | null {
  if (skipped === undefined) return null;
  // Never all of the bytes where some are left.
  const share = (bytes: number) => `${Math.floor((10_000 * bytes) / skipped.bytes) / 100} % of the bytes`;
  const { too_long: long, too_long_bytes: longBytes, reserved, reserved_bytes: reservedBytes } = skipped;
  const parts = [
    ...(long === 0
      ? []
      : [
          `${long} lines (${share(longBytes)}), which are longer than ${skipped.max_sentence_length} bytes: ` +
            `a greater ${flag} takes them`,
        ]),
    ...(reserved === 0
      ? []
      : [`${reserved} lines (${share(reservedBytes)}) with the character U+2585, which it keeps`]),
  ];
  return `SentencePiece did not learn from ${parts.join("; nor from ")}`;
}

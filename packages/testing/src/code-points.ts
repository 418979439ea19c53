import { integer, oneof, type Arbitrary } from "fast-check";

const SURROGATES = { from: 0xd800, count: 0x800 } as const;

/**
 * Any character of Unicode, assigned or not, often one of ASCII or of two bytes: as a `unit` of `string`. The library's own
 * `binary` takes a second of each process that uses it, as it lists them all.
 */
export const codePoint: Arbitrary<string> = oneof(
  integer({ min: 0, max: 0x7f }),
  integer({ min: 0, max: 0x7ff }),
  integer({ min: 0, max: 0x10ffff - SURROGATES.count }),
).map((n) => String.fromCodePoint(n < SURROGATES.from ? n : n + SURROGATES.count));

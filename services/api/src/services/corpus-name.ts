import { AppError } from "@trainer/platform";

const MOST_BYTES = 200;
/**
 * Separators of paths, control characters, those that turn the direction of writing, by which a name is shown as another,
 * other ends of lines, halves of surrogate pairs; a dot or space at the edge.
 */
const REFUSED = /[/\\\p{Cc}\p{Bidi_Control}\p{Cs}\p{Zl}\p{Zp}]|^[.\s]|\s$/u;

/**
 * Refuses a name that is not one of a plain, visible file.
 * @throws AppError INVALID_INPUT
 */
export function checkCorpusName(name: string): void {
  if (name !== "" && !REFUSED.test(name) && Buffer.byteLength(name) <= MOST_BYTES) return;
  throw new AppError(
    "INVALID_INPUT",
    `a text's name has 1 to ${MOST_BYTES} bytes, no "/", "\\" or control characters, and does not begin with a dot`,
    { status: 422 },
  );
}

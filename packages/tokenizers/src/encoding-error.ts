import { errnoOf } from "@trainer/disk";
import { invalid } from "./check-input.js";

/** What a native encoder threw; INVALID_INPUT where the tokenizer makes more of a text than it may. */
export function encodingError(error: unknown): unknown {
  return error instanceof Error && errnoOf(error) === "TOO_LONG" ? invalid(error.message, error) : error;
}

import { errnoOf } from "@trainer/disk";
import { invalid } from "./check-input.js";

/** Maps an error of a native encoder; INVALID_INPUT if the tokenizer expands a text beyond its bound. */
export function encodingError(error: unknown): unknown {
  return error instanceof Error && errnoOf(error) === "TOO_LONG" ? invalid(error.message, error) : error;
}

import { ModelError } from "../errors.js";

/** A file that is damaged, or no GGUF. */
export const unsound = (path: string, what: string, cause?: unknown): ModelError =>
  new ModelError("MODEL_LOAD_FAILED", `${path} is not a sound GGUF file: ${what}`, { cause });

/** A sound file of what there is not here. */
export const unsupported = (path: string, what: string): ModelError =>
  new ModelError("UNSUPPORTED_BACKEND", `${path} cannot be opened: ${what}`);

/** A model that a GGUF file cannot hold. */
export const noGguf = (what: string): ModelError =>
  new ModelError("UNSUPPORTED_BACKEND", `there is no GGUF of this model: ${what}`);

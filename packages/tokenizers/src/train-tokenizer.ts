import { trainableBackend } from "./registry.js";
import type { Tokenizer } from "./tokenizer.js";
import type { MethodOptions, TrainOptions } from "./train-options.js";

/**
 * Makes a tokenizer of a text by the method of this name. Throws UNSUPPORTED_BACKEND where there is none, and what the
 * method throws.
 */
export async function trainTokenizer(method: string, options: TrainOptions & MethodOptions): Promise<Tokenizer> {
  return (await trainableBackend(method)).train(options);
}

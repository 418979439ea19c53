import { inspect } from "node:util";
import { isMethod, methods } from "./capabilities.js";
import { TokenizerError } from "./errors.js";
import { trainable } from "./registry.js";
import type { Tokenizer } from "./tokenizer.js";
import type { MethodOptions, TrainOptions } from "./train-options.js";

/**
 * Makes a tokenizer of a text by the method of this name. Throws UNSUPPORTED_BACKEND where there is none, and what the
 * method throws.
 */
export async function trainTokenizer(method: string, options: TrainOptions & MethodOptions): Promise<Tokenizer> {
  if (isMethod(method)) return trainable[method].train(options);
  const known = Object.keys(methods).join(", ");
  throw new TokenizerError("UNSUPPORTED_BACKEND", `no tokenizer ${inspect(method)}; there are ${known}`);
}

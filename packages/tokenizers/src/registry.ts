import type { TokenizerBackend, TrainableBackend } from "./backend.js";
import { bpe } from "./bpe-backend.js";
import { addMethod, isMethod, methodInfo, methods, type Method, type MethodName } from "./capabilities.js";
import { char } from "./char-backend.js";
import { TokenizerError } from "./errors.js";
import { pieces } from "./piece-backend.js";
import { sentencepiece } from "./sentencepiece-backend.js";

/** Those that can be trained, by their methods. */
const trainable = new Map<MethodName, TrainableBackend>();

/** Makes a kind of tokenizer known under the name of its method. Throws where the name is taken. */
export function registerTokenizer(name: MethodName, info: Omit<Method, "loadCode">, backend: TrainableBackend): void {
  if (trainable.has(name)) throw new TokenizerError("INVALID_INPUT", `there is a tokenizer "${name}" already`);
  if (!isMethod(name)) addMethod(name, info); // else it was known before its code was loaded
  trainable.set(name, backend);
}

for (const [name, backend] of Object.entries({ bpe, char, sentencepiece }))
  registerTokenizer(name, methodInfo(name), backend);

/** All kinds there are, in the order in which they are asked whether a file is theirs. */
export const backends = (): ReadonlyMap<string, TokenizerBackend> =>
  new Map<string, TokenizerBackend>([...trainable, ["pieces", pieces]]);

/** The method of this name, its code loaded. Throws UNSUPPORTED_BACKEND where there is none. */
export async function trainableBackend(name: MethodName): Promise<TrainableBackend> {
  if (!trainable.has(name)) await methodInfo(name).loadCode?.();
  const backend = trainable.get(name);
  if (backend !== undefined) return backend;
  throw new TokenizerError("UNSUPPORTED_BACKEND", `the code of the tokenizer "${name}" is not loaded`);
}

/** Loads the code of those that are known by their names alone. */
export async function loadAllTokenizers(): Promise<void> {
  for (const [name, { loadCode }] of methods()) if (!trainable.has(name)) await loadCode?.();
}

import { inspect } from "node:util";
import { TokenizerError } from "./errors.js";

export { TokenizerError } from "./errors.js";
export { COMPANIONS } from "./save-files.js";
export { SentencePieceOptions } from "./sentencepiece-options.js";
export { MOST_VOCABULARY_BYTES, readVocabulary, type VocabularyToken } from "./vocabulary/vocabulary.js";

/** A trainable kind of tokenizer, known without native code: requests are checked against it. */

export interface Method {
  readonly title: string;
  /** The smallest vocabulary that may be requested; null where the text alone decides. */
  readonly leastVocabSize: number | null;
  /** The options it honours, of those that not every method does. */
  readonly options: readonly ("vocabSize" | "minFrequency" | "specials" | "normalization" | "sentencepiece")[];
  /** Registers what makes and reads its tokenizers, where that is not loaded with the package. */
  readonly loadCode?: () => Promise<void>;
}

/** By which a method is asked for. */
export type MethodName = string;

const known = new Map<MethodName, Method>();

/** Makes a way to make a tokenizer of a text known by its name. Throws where the name is taken. */
export function addMethod(name: MethodName, method: Method): void {
  if (known.has(name)) throw new TokenizerError("INVALID_INPUT", `there is a tokenizer "${name}" already`);
  known.set(name, method);
}

addMethod("bpe", { title: "Byte-level BPE", leastVocabSize: 260, options: ["vocabSize", "minFrequency", "specials"] });
addMethod("char", { title: "Characters", leastVocabSize: null, options: ["normalization"] });
// The text decides: three special pieces and one for each of its characters.
addMethod("sentencepiece", { title: "SentencePiece", leastVocabSize: 4, options: ["vocabSize", "sentencepiece"] });

/** All that are known, by name. */
export const methods = (): ReadonlyMap<MethodName, Method> => known;

export const methodNames = (): MethodName[] => [...known.keys()];

export const isMethod = (name: unknown): name is MethodName => typeof name === "string" && known.has(name);

/** Facts of a method, or an error that lists those there are. */
export function methodInfo(name: MethodName): Method {
  const method = known.get(name);
  if (method !== undefined) return method;
  const names = methodNames().join(", ");
  throw new TokenizerError("UNSUPPORTED_BACKEND", `no tokenizer ${inspect(name)}; there are ${names}`);
}

/** The names that the file of a tokenizer has in a folder, the first found is taken: Hugging Face's, SentencePiece's. */
export const tokenizerFiles = ["tokenizer.json", "tokenizer.model"] as const;

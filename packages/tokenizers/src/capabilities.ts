export { SentencePieceOptions } from "./sentencepiece-options.js";

/** What can be trained and loaded, known without loading any native code: what requests are checked against. */

export interface Method {
  readonly title: string;
  /** The least vocabulary that can be asked for; null where the text alone decides. */
  readonly leastVocabSize: number | null;
  /** The options it honours, of those that not every method does. */
  readonly options: readonly ("vocabSize" | "minFrequency" | "specials" | "normalization" | "sentencepiece")[];
}

/** Ways to make a tokenizer of a text. */
export const methods = {
  bpe: { title: "Byte-level BPE", leastVocabSize: 260, options: ["vocabSize", "minFrequency", "specials"] },
  char: { title: "Characters", leastVocabSize: null, options: ["normalization"] },
  // The text decides: three special pieces and one for each of its characters.
  sentencepiece: { title: "SentencePiece", leastVocabSize: 4, options: ["vocabSize", "sentencepiece"] },
} as const satisfies Record<string, Method>;

export type MethodName = keyof typeof methods;

export const isMethod = (name: unknown): name is MethodName => typeof name === "string" && Object.hasOwn(methods, name);

/** The names that the file of a tokenizer has in a folder, the first found is taken: Hugging Face's, SentencePiece's. */
export const tokenizerFiles = ["tokenizer.json", "tokenizer.model"] as const;

/** The kinds of files that can be loaded. */
export const loadable: readonly string[] = [
  "tokenizer.json with byte-level BPE (GPT-2, Llama 3, Qwen 2)",
  "tokenizer.json with BPE over characters, with or without bytes for those unknown (Llama 2, Mistral, Gemma)",
  "tokenizer.json with a unigram model (T5, ALBERT, XLM-R)",
  "tokenizer.json of characters",
  "tokenizer.model of SentencePiece",
];

import { join } from "node:path";
import { isFile } from "./folders.js";

/** What a tokenizer's file is called, in the order in which `loadTokenizer` looks: Hugging Face's, SentencePiece's. */
const NAMES = ["tokenizer.json", "tokenizer.model"] as const;

/** The path of the tokenizer in a model's folder; null where there is none. */
export async function tokenizerFileIn(dir: string): Promise<string | null> {
  for (const name of NAMES) {
    const path = join(dir, name);
    if (await isFile(path)) return path;
  }
  return null;
}

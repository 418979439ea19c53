import { join } from "node:path";
import { isFile } from "@trainer/disk";
import { tokenizerFiles } from "@trainer/tokenizers/capabilities";

/** The path of the tokenizer in a model's folder, the one that `loadTokenizer` takes; null where there is none. */
export async function tokenizerFileIn(dir: string): Promise<string | null> {
  for (const name of tokenizerFiles) {
    const path = join(dir, name);
    if (await isFile(path)) return path;
  }
  return null;
}
